package survey

import (
	"fmt"
	"strings"

	"shuixuan/app/problem"
)

// Validate checks a wave against the questionnaire version it takes.
func (w Wave) Validate(q Questionnaire) error {
	f := &faults{}
	if !idForm.MatchString(string(w.ID)) {
		f.add("id", "轮次代码“%s”只能用小写字母、数字和短横线，例如 w1", w.ID)
	}
	if strings.TrimSpace(w.Name) == "" {
		f.add("name", "缺少轮次名称")
	}
	for _, text := range []string{w.Name, w.Population} {
		checkWords(f, "name", text)
	}
	if !w.Start.IsZero() && !w.End.IsZero() && w.End.Before(w.Start) {
		f.add("end", "结束日期早于开始日期，请核对")
	}
	if w.Double < 0 || w.Double > 100 {
		f.add("double", "双录比例是%d%%，请填0到100", w.Double)
	}
	w.validateStrata(f, q)
	if len(f.list) > 0 {
		return problem.Invalid("调查轮次有误，没有保存", fmt.Sprintf("共%d处，请按提示改正后再保存。", len(f.list)), f.list...)
	}
	return nil
}

// validateStrata keeps the strata of a wave to the options of the stratum question:
// a response is put into its stratum by the code of its answer.
func (w Wave) validateStrata(f *faults, q Questionnaire) {
	question, hasStrata := q.Question(q.Stratum)
	if len(w.Strata) > 0 && !hasStrata {
		f.add("strata", "问卷“%s”没有分组题，轮次不能设分组", q.Title)
		return
	}
	seen := map[string]bool{}
	for _, s := range w.Strata {
		if _, ok := question.Option(s.Code); !ok {
			f.add("strata", "分组“%s”不是分组题“%s”的选项代码", s.Code, q.Stratum)
		}
		if seen[s.Code] {
			f.add("strata", "分组“%s”写了两次", s.Code)
		}
		seen[s.Code] = true
		if s.Quota < 0 || s.Quota > 10_000_000 {
			f.add("strata", "分组“%s”的配额是%d，请核对；没有定配额的请填0或留空", s.Code, s.Quota)
		}
	}
}

// labelled gives strata without a label that of their option.
func (w Wave) labelled(q Questionnaire) Wave {
	question, _ := q.Question(q.Stratum)
	strata := make([]Stratum, len(w.Strata))
	for i, s := range w.Strata {
		if s.Label == "" {
			s.Label = question.OptionLabel(s.Code)
		}
		strata[i] = s
	}
	if len(strata) > 0 {
		w.Strata = strata
	}
	return w
}

// Admits tells whether a response belongs into this wave: it is of the questionnaire
// version that the wave has fixed, and of one of its strata. That the wave is still
// open is for the caller to know, who also knows what to say when it isn't.
func (w Wave) Admits(q Questionnaire, r Response) []problem.Fault {
	f := &faults{}
	if r.Questionnaire != w.Questionnaire || r.Version != w.Version {
		f.add("", "答卷用的是问卷“%s”第%d版，这一轮用的是“%s”第%d版，请换成这一轮的问卷", r.Questionnaire, r.Version, w.Questionnaire, w.Version)
	}
	if r.Stratum == "" || len(w.Strata) == 0 {
		return f.list
	}
	var labels []string
	for _, s := range w.Strata {
		if s.Code == r.Stratum {
			return f.list
		}
		labels = append(labels, s.Label)
	}
	f.add(q.Stratum, "这一轮没有“%s”这一组，可选：%s", r.Stratum, strings.Join(labels, "、"))
	return f.list
}
