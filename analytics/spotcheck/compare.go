package spotcheck

import (
	"fmt"

	"shuixuan/analytics/estimate"
)

// Place says where the ledger's rate lies against the interval of the estimate.
type Place string

// The closed list.
const (
	Within     Place = "within"
	Above      Place = "above" // the ledger claims more than the whole interval
	Below      Place = "below"
	NoInterval Place = "no-interval"
)

// Comparison holds what was found against what the ledger claims.
type Comparison struct {
	// Ledger is the share of the frame that the ledger claims proven, a full count.
	Ledger estimate.Estimate
	Place  Place
	// Drawn counts the points: claimed proven, claimed standing (the proven ones too), found
	// standing.
	Proven, Standing, Found int
	Rows                    []AgreementRow
	Sentences               []string // in words that state and don't judge (说明式)
}

// AgreementRow counts the points of one claim by what was found.
type AgreementRow struct {
	Claim  Claim
	Points int
	Counts map[Found]int
}

// ClaimNames are the words for the claims.
var ClaimNames = map[Claim]string{Proven: "台账：已证明在位", Standing: "台账：在位，未证明或待整改"}

// Compare holds a result against the claims of the frame, of which proven were claimed proven.
func Compare(r *Result, points []Point, proven int) *Comparison {
	c := &Comparison{Ledger: estimate.Ratio(int64(proven), int64(r.Frame)), Standing: len(points)}
	for _, claim := range []Claim{Proven, Standing} {
		row := AgreementRow{Claim: claim, Counts: map[Found]int{}}
		for _, p := range points {
			if p.Claim == claim {
				row.Points++
				row.Counts[p.Found]++
			}
			if p.Claim == claim && p.Found.Stands() {
				c.Found++
			}
		}
		if claim == Proven {
			c.Proven = row.Points
		}
		c.Rows = append(c.Rows, row)
	}
	c.place(r.Standing)
	c.speak(r, proven)
	return c
}

func (c *Comparison) place(e estimate.Estimate) {
	switch lower, upper := e.Lower, e.Upper; {
	case e.Valid && e.Method == estimate.MethodCount: // every placement was looked at
		lower, upper = e.Value, e.Value
		fallthrough
	case e.Valid && e.HasInterval:
		c.Place = Within
		if c.Ledger.Value > upper {
			c.Place = Above
		}
		if c.Ledger.Value < lower {
			c.Place = Below
		}
	default:
		c.Place = NoInterval
	}
}

// speak says it in sentences with figure and base each.
func (c *Comparison) speak(r *Result, proven int) {
	say := func(format string, args ...any) { c.Sentences = append(c.Sentences, fmt.Sprintf(format, args...)) }
	say("抽样范围是台账登记为在位的%d处，其中%d处（%s%%）台账为已证明在位。", r.Frame, proven, c.Ledger.Text(1))
	say("抽取%d处，其中台账为已证明在位的%d处；到现场有结果的%d处，在位%d处（其中%d处有损坏），已不在%d处，没找到%d处。",
		r.Points, c.Proven, r.Known, c.Found, r.Counts[Damaged], r.Counts[Gone], r.Counts[NotFound])
	of := fmt.Sprintf("全部%d处", r.Frame)
	if r.Covered < r.Frame {
		of = fmt.Sprintf("有结果的各层共%d处", r.Covered)
	}
	switch {
	case !r.Standing.Valid:
		say("还没有结果，不能推算在位率。")
		return
	case r.Standing.Method == estimate.MethodCount:
		say("范围内的每一处都有结果，在位率为%s%%，不是推算，没有抽样误差。", r.Standing.Text(1))
	case r.Standing.HasInterval:
		say("由此推算%s的在位率为%s%%（%s%%置信区间%s%%）。", of, r.Standing.Text(1), estimate.Round(100*r.Standing.Level, 0), r.Standing.IntervalText(1))
	default:
		say("由此推算%s的在位率为%s%%，点位太少，给不出区间。", of, r.Standing.Text(1))
	}
	switch words := map[Place]string{Within: "在这个区间以内", Above: "高于这个区间", Below: "低于这个区间"}; c.Place {
	case NoInterval:
		say("没有区间，不与台账的已证明在位率（%s%%）比较。", c.Ledger.Text(1))
	default:
		if r.Standing.Method == estimate.MethodCount {
			words = map[Place]string{Within: "与现场一致", Above: "高于现场", Below: "低于现场"}
		}
		say("台账的已证明在位率为%s%%，%s。", c.Ledger.Text(1), words[c.Place])
	}
}
