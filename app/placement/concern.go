package placement

import (
	"fmt"
	"time"

	"shuixuan/app/campaign"
)

// Concern is one demand that the law makes of a carrier, and how a placement meets it.
// An unmet one is for the unit to settle; nothing is refused for it.
type Concern struct {
	What   string `json:"what"` // permit | days | hoarding
	Met    bool   `json:"met"`
	Text   string `json:"text"`
	Source string `json:"source"` // of the rule
}

// Concerns lists what the rule of the placement's carrier asks besides proof, as of a day.
func (p *Placement) Concerns(rule campaign.Rule, today time.Time) []Concern {
	var list []Concern
	if rule.Permit.Value {
		met, text := p.permitted(today)
		list = append(list, Concern{"permit", met, text, rule.Permit.Source})
	}
	if rule.LongestDays.Value > 0 {
		met, text := p.shortEnough(rule.LongestDays.Value, today)
		list = append(list, Concern{"days", met, text, rule.LongestDays.Source})
	}
	if rule.HoardingShare.Value > 0 {
		met, text := p.shareOfHoarding(rule.HoardingShare.Value)
		list = append(list, Concern{"hoarding", met, text, rule.HoardingShare.Source})
	}
	return list
}

// standsStill tells whether something is there to be put right.
func (p *Placement) standsStill(today time.Time) bool {
	return p.State.Counts() && (p.End.IsZero() || !p.End.Before(today))
}

func (p *Placement) permitted(today time.Time) (bool, string) {
	switch {
	case p.Permit == "" && p.PermitUntil.IsZero():
		return false, "需要设置许可，还没有填写许可编号和到期日，请补填"
	case p.Permit == "":
		return false, "需要设置许可，还没有填写许可编号，请补填"
	case p.PermitUntil.IsZero():
		return false, fmt.Sprintf("许可编号%s，还没有填写到期日，请补填", p.Permit)
	case p.PermitUntil.Before(today) && p.standsStill(today):
		return false, fmt.Sprintf("许可%s已于%s到期（%d天前），请续办后更新到期日，或拆除", p.Permit, p.PermitUntil.Format(time.DateOnly), days(p.PermitUntil, today))
	}
	return true, fmt.Sprintf("许可编号%s，%s到期", p.Permit, p.PermitUntil.Format(time.DateOnly))
}

func (p *Placement) shortEnough(longest int, today time.Time) (bool, string) {
	last := p.Start.AddDate(0, 0, longest-1)
	switch {
	case !p.End.IsZero() && !p.End.After(last):
		return true, fmt.Sprintf("最长可设%d天，登记了%d天", longest, days(p.Start, p.End)+1)
	case !p.standsStill(today):
		return false, fmt.Sprintf("最长可设%d天，实际设了%d天", longest, days(p.Start, p.End)+1)
	case last.Before(today):
		return false, fmt.Sprintf("最长可设%d天，到%s为止，已超过%d天：请拆除后登记，续批的请改写起止日期", longest, last.Format(time.DateOnly), days(last, today))
	}
	return false, fmt.Sprintf("最长可设%d天，请在%s前拆除或续批，登记的时间更长", longest, last.Format(time.DateOnly))
}

func (p *Placement) shareOfHoarding(least float64) (bool, string) {
	if p.HoardingM2 == nil || p.AreaM2 == nil || *p.HoardingM2 <= 0 {
		return false, fmt.Sprintf("公益宣传应占围挡面积的%s以上，请补填宣传面积和围挡总面积", percent(least))
	}
	share := *p.AreaM2 / *p.HoardingM2
	text := fmt.Sprintf("公益宣传占围挡面积的%s（%s/%s平方米），应不少于%s", percent(share), thousandths(*p.AreaM2), thousandths(*p.HoardingM2), percent(least))
	return share >= least, text
}

// percent writes a share; a third and two thirds are said as such, since rules say so.
func percent(share float64) string {
	switch {
	case share > 0.3332 && share < 0.3335:
		return "三分之一"
	case share > 0.6665 && share < 0.6668:
		return "三分之二"
	}
	return fmt.Sprintf("%.1f%%", share*100)
}

func days(from, to time.Time) int { return int(to.Sub(from) / (24 * time.Hour)) }
