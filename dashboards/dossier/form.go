package dossier

import (
	"fmt"
	"strings"

	"shuixuan/app/survey"
	"shuixuan/dashboards/document"
)

// Form is the blank questionnaire of a wave, as people were asked.
func Form(d *Data, one *Wave) document.Document {
	q := one.Questionnaire
	doc := document.Document{Title: q.Title, Created: d.Cutoff, Creator: "水宣 " + d.Program, Language: "zh-CN"}
	add := func(text string) {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" {
				doc.Blocks = append(doc.Blocks, document.Paragraph{Runs: document.Text(line)})
			}
		}
	}
	add(q.Intro)
	add(one.Wave.Privacy)
	n := 0
	for _, question := range q.Questions {
		if question.Type == survey.Note {
			add(question.Label)
			continue
		}
		n++
		words := fmt.Sprintf("%d. %s", n, question.Label)
		if note := asking(question); note != "" {
			words += "（" + note + "）"
		}
		doc.Blocks = append(doc.Blocks, document.Paragraph{Runs: []document.Run{{Text: words, Bold: true}}})
		for _, row := range question.Rows {
			add("——" + row.Label)
		}
		var options []string
		for i, o := range question.Options {
			options = append(options, fmt.Sprintf("%s.\u00a0%s", letter(i), o.Label)) // the letter stays with its option
		}
		add(strings.Join(options, "　　"))
		if len(question.Options) == 0 {
			add("________________________________")
		}
	}
	doc.Blocks = append(doc.Blocks, document.Paragraph{Runs: document.Text(fmt.Sprintf("（%s，问卷第%d版，%s使用）", q.ID, one.Wave.Version, one.Wave.Name))})
	return doc
}

func asking(q survey.Question) string {
	var parts []string
	switch q.Type {
	case survey.Multiple:
		parts = append(parts, "可选多项")
	case survey.Matrix:
		parts = append(parts, "每行选一项")
	case survey.Rating:
		parts = append(parts, "打分")
	}
	if !q.Required {
		parts = append(parts, "可不答")
	}
	return strings.Join(parts, "，")
}

// letter numbers options: A to Z, then A2 and so on.
func letter(i int) string {
	name := string(rune('A' + i%26))
	if i >= 26 {
		name += fmt.Sprint(i/26 + 1)
	}
	return name
}
