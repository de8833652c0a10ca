package survey

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"shuixuan/app/org"
	"shuixuan/app/problem"
)

// Past tells whether the last day of the wave is over on the civil date today. Sheets that
// come in late are still entered until somebody ends the wave.
func (w Wave) Past(today time.Time) bool { return !w.End.IsZero() && today.After(w.End) }

// Validate checks a wave against the questionnaire version it takes.
func (w Wave) Validate(q Questionnaire) error {
	f := &faults{}
	if !idForm.MatchString(string(w.ID)) {
		f.add("id", "轮次代码“%s”只能用小写字母、数字和短横线，例如 w1", w.ID)
	}
	if strings.TrimSpace(w.Name) == "" {
		f.add("name", "缺少轮次名称")
	}
	if w.ID == "new" {
		f.add("id", "轮次代码不能叫 new，请换一个")
	}
	for _, text := range []struct {
		field, name, text string
		most              int
	}{
		{"name", "轮次名称", w.Name, 100}, {"population", "调查对象说明", w.Population, 2000},
		{"approval", "批准文号", w.Approval, 100}, {"privacy", "隐私告知", w.Privacy, 5000},
	} {
		checkWords(f, text.field, text.text)
		if n := utf8.RuneCountInString(text.text); n > text.most {
			f.add(text.field, "%s有%d个字，最多%d个字，请缩短", text.name, n, text.most)
		}
	}
	if strings.ContainsAny(w.Approval, "\n\t") {
		f.add("approval", "批准文号只能写一行")
	}
	if !w.Start.IsZero() && !w.End.IsZero() && w.End.Before(w.Start) {
		f.add("end", "结束日期早于开始日期，请核对")
	}
	if w.Double < 0 || w.Double > 100 {
		f.add("double", "双录比例是%d%%，请填0到100", w.Double)
	}
	w.validateStrata(f, q)
	w.validateSampling(f)
	w.validateAreas(f)
	w.validateQuotas(f)
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
		if s.Quota < 0 || s.Quota > maxQuota {
			f.add("strata", "分组“%s”的配额是%d，请核对；没有定配额的请填0或留空", s.Code, s.Quota)
		}
		if s.Capped && s.Quota == 0 && !w.divides(s.Code) {
			f.add("strata", "分组“%s”设了“满额即止”，却没有配额，请填配额或改为“不限”", w.stratumName(s.Code))
		}
	}
}

// Limits of a wave that a person can still oversee.
const (
	maxQuota  = 10_000_000
	maxAreas  = 500
	maxQuotas = 5000
)

// divides tells whether quotas of cells stand for a stratum.
func (w Wave) divides(stratum string) bool {
	return slices.ContainsFunc(w.Quotas, func(q Quota) bool { return q.Stratum == stratum })
}

func (w Wave) validateAreas(f *faults) {
	if len(w.Areas) > maxAreas {
		f.add("areas", "片区有%d个，最多%d个", len(w.Areas), maxAreas)
		return
	}
	codes, labels := map[string]bool{}, map[string]bool{}
	for i, a := range w.Areas {
		if !codeForm.MatchString(a.Code) {
			f.add("areas", "第%d个片区的代码“%s”只能用字母、数字、下划线和短横线", i+1, short(a.Code))
		}
		if codes[a.Code] {
			f.add("areas", "片区代码“%s”写了两次", short(a.Code))
		}
		codes[a.Code] = true
		folded := org.Fold(a.Label)
		switch {
		case folded == "":
			f.add("areas", "第%d个片区缺少名称", i+1)
		case labels[folded]:
			f.add("areas", "片区“%s”写了两次（全角和半角、大小写看作相同）", short(a.Label))
		case utf8.RuneCountInString(a.Label) > 100:
			f.add("areas", "第%d个片区的名称太长，最多100个字", i+1)
		}
		labels[folded] = true
		checkWords(f, "areas", a.Label)
	}
	w.validateAreaPeople(f)
}

// validateAreaPeople holds what the areas are compared by: people with a source, and units of
// which none is in two areas, where its placements would count twice.
func (w Wave) validateAreaPeople(f *faults) {
	counted, home := false, map[org.UnitID]string{}
	for _, a := range w.Areas {
		if a.Population < 0 || a.Population > maxPopulation {
			f.add("area_people", "片区“%s”的人口是%d，请核对；不知道的请留空", short(a.Label), a.Population)
		}
		counted = counted || a.Population > 0
		for _, unit := range a.Units {
			if other, taken := home[unit]; taken && other != a.Label {
				f.add("area_people", "单位“%s”既写在片区“%s”，又写在片区“%s”，点位会算两次，请只留一处", unit, short(other), short(a.Label))
			}
			home[unit] = a.Label
		}
	}
	checkWords(f, "area_frame", w.AreaFrame)
	if n := utf8.RuneCountInString(w.AreaFrame); n > maxSource {
		f.add("area_frame", "片区人口的来源有%d个字，最多%d个字，请缩短", n, maxSource)
	}
	if counted && strings.TrimSpace(w.AreaFrame) == "" {
		f.add("area_frame", "填了片区的人口，请写明来源和年份，例如：第七次人口普查公报（2021年）")
	}
}

// validateQuotas keeps the cells to strata and areas of the wave, each cell once: of two
// quotas for one cell nobody could say which holds.
func (w Wave) validateQuotas(f *faults) {
	if len(w.Quotas) > maxQuotas {
		f.add("quotas", "配额有%d行，最多%d行", len(w.Quotas), maxQuotas)
		return
	}
	strata, areas := map[string]Stratum{}, map[string]bool{}
	for _, s := range w.Strata {
		strata[s.Code] = s
	}
	for _, a := range w.Areas {
		areas[a.Code] = true
	}
	first := map[Cell]int{}
	for i, q := range w.Quotas {
		cell := Cell{q.Stratum, q.Area, q.Distributor}
		stratum, known := strata[q.Stratum]
		if q.Stratum != "" && !known {
			f.add("quotas", "配额第%d行的分组“%s”不在这一轮的分组里", i+1, short(q.Stratum))
		}
		if q.Area != "" && !areas[q.Area] {
			f.add("quotas", "配额第%d行的片区“%s”不在这一轮的片区里", i+1, short(q.Area))
		}
		if q.Count < 1 || q.Count > maxQuota {
			f.add("quotas", "配额第%d行的份数是%d，请填1到%d的整数；没有定配额的请删去这一行", i+1, q.Count, maxQuota)
		}
		if at, doubled := first[cell]; doubled {
			f.add("quotas", "配额第%d行和第%d行是同一格（分组、片区、发放人都相同），请只留一行", at, i+1)
		} else {
			first[cell] = i + 1
		}
		if known && q.Area == "" && q.Distributor == "" && stratum.Quota > 0 {
			f.add("quotas", "配额第%d行与分组“%s”自己的配额说的是同一格，请只留一处", i+1, w.stratumName(q.Stratum))
		}
	}
}

func (w Wave) stratumName(code string) string {
	for _, s := range w.Strata {
		if s.Code == code && s.Label != "" {
			return s.Label
		}
	}
	return code
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
