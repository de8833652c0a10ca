package planning

import (
	"fmt"
	"strings"

	"shuixuan/analytics/estimate"
)

// speak writes the sentence of a judgement and its caveats.
func (t Target) speak(j *Judgement) {
	figure := fmt.Sprintf("%s为%s（%s%%置信区间%s–%s，%d份回答）", t.name(), t.print(j.Value), estimate.Round(100*j.Level, trimmed(100*j.Level)), t.print(j.Lower), t.print(j.Upper), j.Sheets)
	switch j.Verdict {
	case Met:
		j.Sentence = fmt.Sprintf("%s：%s，整个区间不低于目标%s。", j.Verdict.Text(), figure, t.aim())
	case Missed:
		j.Sentence = fmt.Sprintf("%s：%s，整个区间低于目标%s。", j.Verdict.Text(), figure, t.aim())
	case Unsettled:
		j.Sentence = fmt.Sprintf("%s：%s，目标%s在区间之内。%s。", j.Verdict.Text(), figure, t.aim(), t.settled(j))
	case Unknown:
		j.Sentence = fmt.Sprintf("%s：%s。", j.Verdict.Text(), t.unknown(j))
		return
	}
	if t.NonProbability {
		j.Caveats = append(j.Caveats, warning(NonProbability, "非概率样本，区间仅供参考；“%s”也只是参考", j.Verdict.Text()))
	}
}

// settled says what would settle it.
func (t Target) settled(j *Judgement) string {
	s := j.Settling
	if !s.Possible {
		j.Caveats = append(j.Caveats, warning(NotProjected, "%s", s.Why))
		return s.Why
	}
	more := "宜多收一些"
	if s.Safe > 0 {
		more = fmt.Sprintf("要有八成把握，宜收到%d份", s.Safe)
	}
	j.Caveats = append(j.Caveats, warning(HalfChance, "这是%s一点不变时的最少份数；新的回答会有出入，到时能判定的把握只有一半左右，%s", t.name(), more))
	return fmt.Sprintf("如果%s保持%s不变，再收%d份（共%d份）才能判定为%s", t.name(), t.print(j.Value), s.More, s.Total, s.As.Text())
}

func (t Target) unknown(j *Judgement) string {
	if j.Sheets == 0 {
		return fmt.Sprintf("%s没有一份回答，请先收集问卷", t.name())
	}
	return fmt.Sprintf("%s的抽样误差无法估计（%d份回答），不能和目标%s比较", t.name(), j.Sheets, t.aim())
}

func (t Target) name() string {
	if t.Name == "" {
		return "结果"
	}
	return t.Name
}

func (t Target) aim() string { return estimate.Round(t.Value, trimmed(t.Value)) + string(t.Unit) }

// print rounds a value, with as many decimals more as it takes not to look like the target
// that it isn't: a bound of 79.998 % below a target of 80 % must not read 80.00 %.
func (t Target) print(v float64) string {
	text := estimate.Round(v, t.Decimals)
	for decimals := t.Decimals; v != t.Value && text == estimate.Round(t.Value, decimals) && decimals < 6; {
		decimals++
		text = estimate.Round(v, decimals)
	}
	return text + string(t.Unit)
}

// trimmed is how many decimals a setting was written with, at most four.
func trimmed(v float64) int {
	text := estimate.Round(v, 4)
	return len(strings.TrimRight(text[strings.IndexByte(text, '.')+1:], "0"))
}
