package dashboards

import (
	"fmt"
	"strings"
	"time"

	"shuixuan/analytics"
	"shuixuan/app/campaign"
	"shuixuan/app/placement"
)

// ProofNames are the words for the states of proof.
var ProofNames = map[analytics.ProofState]string{
	analytics.Proven: "已证明", analytics.GrowingOld: "快到期", analytics.Old: "已过期", analytics.NeverProven: "还没有证明",
	analytics.Defective: "待整改", analytics.Gone: "已不在", analytics.NotStanding: "不在期",
}

// ProofText says in one sentence how the proof of a placement stands and what follows.
func ProofText(row analytics.StandingRow, rule campaign.Rule, today time.Time) string {
	last := fmt.Sprintf("%s（%s）最后证明", Ago(row.DaysAgo), day(row.LastProof))
	switch row.State {
	case analytics.Proven, analytics.GrowingOld:
		switch {
		case row.Until.IsZero() && rule.Once.Value:
			return "已完成，一直计入。"
		case row.Until.IsZero() && rule.Photos.Value == 0:
			return "登记即算在位，到结束日期为止。"
		case row.Until.IsZero():
			return last + "，到结束日期为止都有效。"
		case row.State == analytics.GrowingOld:
			return fmt.Sprintf("%s，%s；过了这一天没有新的证明，就不再计入。", last, until(row.Until, today))
		}
		return fmt.Sprintf("%s，%s。", last, until(row.Until, today))
	case analytics.Old:
		return fmt.Sprintf("%s，有效期%d天，%s起不再计入。", last, rule.Interval.Value, day(row.Until.AddDate(0, 0, 1)))
	case analytics.NeverProven:
		return fmt.Sprintf("规定要%d张照片来证明在位，还没有足够的照片，暂不计入。", rule.Photos.Value)
	case analytics.Defective:
		return "发现" + words(row.Defects) + "，重新证明之前不计入。" + RepairText(row.RepairDue, today)
	case analytics.Gone:
		return "巡查时已不在原处，重新证明之前不计入。" + RepairText(row.RepairDue, today)
	}
	return "今天不在宣传时间之内，不计入。"
}

func words(defects []placement.Defect) string {
	if len(defects) == 0 {
		return "损坏"
	}
	return placement.DefectWords(defects)
}

func until(last, today time.Time) string {
	if left := int(last.Sub(today) / (24 * time.Hour)); left > 0 {
		return fmt.Sprintf("有效到%s，还有%d天", day(last), left)
	}
	return "有效到今天"
}

// RepairText says when a repair is due and by how much it is late.
func RepairText(due, today time.Time) string {
	switch late := int(today.Sub(due) / (24 * time.Hour)); {
	case due.IsZero():
		return "没有定整改期限。"
	case late > 0:
		return fmt.Sprintf("应在%s前整改，已逾期%d天。", day(due), late)
	case late == 0:
		return "今天是整改期限的最后一天。"
	}
	return fmt.Sprintf("应在%s前整改。", day(due))
}

// Ago says how many days ago something was.
func Ago(days int) string {
	switch {
	case days <= 0:
		return "今天"
	case days == 1:
		return "昨天"
	}
	return fmt.Sprintf("%d天前", days)
}

// RuleText lists what a rule asks, each with its source; empty where it asks nothing.
func RuleText(rule campaign.Rule) []SourcedText {
	var list []SourcedText
	add := func(asks bool, source, format string, args ...any) {
		if asks || source != "" {
			list = append(list, SourcedText{fmt.Sprintf(format, args...), source})
		}
	}
	if rule.Photos.Value > 0 {
		add(true, rule.Photos.Source, "照片%d张", rule.Photos.Value)
	} else {
		add(false, rule.Photos.Source, "不要照片")
	}
	add(rule.Interval.Value > 0, rule.Interval.Source, "每次证明有效%d天", rule.Interval.Value)
	if rule.Once.Value {
		add(true, rule.Once.Source, "做完就一直算数")
	}
	if rule.Permit.Value {
		add(true, rule.Permit.Source, "需要设置许可")
	}
	if rule.LongestDays.Value > 0 {
		add(true, rule.LongestDays.Source, "最长设%d天", rule.LongestDays.Value)
	}
	if share := rule.HoardingShare.Value; share > 0 {
		text := "公益宣传不少于围挡面积的" + strings.TrimSuffix(strings.TrimSuffix(fmt.Sprintf("%.1f", share*100), "0"), ".") + "%"
		if share > 0.3332 && share < 0.3335 {
			text = "公益宣传不少于围挡面积的三分之一"
		}
		add(true, rule.HoardingShare.Source, "%s", text)
	}
	if rule.Near.Value > 0 {
		add(true, rule.Near.Source, "照片在%d米之内拍", rule.Near.Value)
	}
	if rule.RepairDays.Value > 0 {
		add(true, rule.RepairDays.Source, "%d天内整改", rule.RepairDays.Value)
	}
	return list
}

// SourcedText is a demand in words with where it comes from.
type SourcedText struct{ Text, Source string }
