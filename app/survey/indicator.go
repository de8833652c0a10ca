package survey

import (
	"maps"
	"math"
	"slices"
	"strings"
)

func (q Questionnaire) validateIndicators(f *faults) {
	names, labels, dimensions := map[string]bool{}, map[string]bool{}, map[string]string{}
	for _, ind := range q.Indicators {
		if names[ind.Name] {
			f.add(ind.Name, "指标代码“%s”重复", ind.Name)
			continue
		}
		names[ind.Name] = true
		if labels[ind.Label] && ind.Label != "" {
			f.add(ind.Name, "指标名称“%s”重复，读者会分不清", ind.Label)
		}
		labels[ind.Label] = true
		if first, taken := dimensions[ind.Dimension]; taken && ind.Dimension != "" {
			f.add(ind.Name, "维度“%s”已由指标“%s”代表，一个维度只能有一个指标", ind.Dimension, first)
		}
		dimensions[ind.Dimension] = ind.Name
		q.validateIndicator(f, ind)
	}
}

func (q Questionnaire) validateIndicator(f *faults, ind Indicator) {
	if !nameForm.MatchString(ind.Name) {
		f.add(ind.Name, "指标代码“%s”只能用小写字母、数字和下划线，并以字母开头", ind.Name)
	}
	if strings.TrimSpace(ind.Label) == "" {
		f.add(ind.Name, "指标“%s”缺少名称", ind.Name)
	}
	if strings.TrimSpace(ind.Source) == "" {
		f.add(ind.Name, "指标“%s”缺少来源说明（source）：算法从哪里来，须让看数字的人查得到", ind.Name)
	}
	for _, text := range []string{ind.Label, ind.Source, ind.Dimension} {
		checkWords(f, ind.Name, text)
	}
	if ind.Base != BaseAnswered && ind.Base != BaseOpinion {
		f.add(ind.Name, "指标“%s”没有写明基数（base）：answered（含说不清）或 opinion（不含说不清）", ind.Name)
	}
	question, ok := q.Question(ind.Question)
	if !ok || !question.Choice() {
		f.add(ind.Name, "指标“%s”所用的题目“%s”不存在，或不是选择题", ind.Name, ind.Question)
		return
	}
	switch ind.Kind {
	case Share:
		validateShare(f, ind, question)
	case Index:
		validateIndex(f, ind, question)
	default:
		f.add(ind.Name, "指标类型“%s”不认识，可用的有：share（率）、index（度）", ind.Kind)
	}
}

func validateShare(f *faults, ind Indicator, question Question) {
	if len(ind.Values) > 0 {
		f.add(ind.Name, "“率”（share）只看哪些选项算在内（positive），不用分值（values）")
	}
	if len(ind.Positive) == 0 {
		f.add(ind.Name, "“率”缺少算在内的选项（positive）")
	}
	seen := map[string]bool{}
	for _, code := range ind.Positive {
		o, ok := question.Option(code)
		switch {
		case !ok:
			f.add(ind.Name, "positive 里的“%s”不是题目“%s”的选项代码", code, question.Name)
		case seen[code]:
			f.add(ind.Name, "positive 里的“%s”写了两次", code)
		case o.DontKnow && ind.Base == BaseOpinion:
			f.add(ind.Name, "“%s”不在基数（opinion）里，不能又算在分子里", o.Label)
		}
		seen[code] = true
	}
}

// validateIndex asks for a value for exactly those options that are in the base: a
// missing value would leave a person out of the mean without a word.
func validateIndex(f *faults, ind Indicator, question Question) {
	if question.Type != Single {
		f.add(ind.Name, "“度”（index）只能用单选题计算")
	}
	if len(ind.Positive) > 0 {
		f.add(ind.Name, "“度”（index）用分值（values）计算，不用 positive")
	}
	for _, code := range slices.Sorted(maps.Keys(ind.Values)) {
		if _, ok := question.Option(code); !ok {
			f.add(ind.Name, "values 里的“%s”不是题目“%s”的选项代码", code, question.Name)
		}
		if v := ind.Values[code]; math.IsNaN(v) || math.IsInf(v, 0) {
			f.add(ind.Name, "选项“%s”的分值不是数字", code)
		}
	}
	for _, o := range question.Options {
		_, valued := ind.Values[o.Code]
		inBase := !o.DontKnow || ind.Base == BaseAnswered
		switch {
		case inBase && !valued:
			f.add(ind.Name, "选项“%s”（%s）在基数里，却没有分值", o.Label, o.Code)
		case !inBase && valued:
			f.add(ind.Name, "选项“%s”（%s）不在基数（opinion）里，不能有分值", o.Label, o.Code)
		}
	}
}
