// Package exposure asks whether seeing more goes with knowing more: awareness by the number of
// channels a person saw, and by how many placements an area has for its people.
//
// Counts of a wave and of placements go in; out come shares with their intervals, one test or
// one correlation over them, a sentence, and always the same caution (NoProof): none of this
// shows what caused what.
//
// # Why
//
// Both questions need a test that holds for no other page, and a caution that must not be
// forgotten; so they stand here and not among the estimates, which have no opinion.
package exposure

import (
	"fmt"

	"shuixuan/analytics/estimate"
)

// The codes of the warnings that this package gives.
const (
	NotCausal      = "no-cause"        // always, with the text NoProof
	NonProbability = "non-probability" // the sample wasn't drawn by chance
	FewExpected    = "few-expected"    // the test leans on groups with hardly anybody
	NotStraight    = "not-straight"    // shares differ by more than a straight line says
	NoTest         = "no-test"         // nothing to test, and why
	LeftOut        = "left-out"        // areas without what is needed
	FewAreas       = "few-areas"       // so few that the interval is rough
	TiedAreas      = "tied-areas"      // many areas alike
)

// NoProof stands with every result of this package.
const NoProof = "这只说明两者是否一同变化，不能证明因果：本来就知道的人可能更留意载体，人流多的地方也可能载体多"

// Refusal is why nothing can be said. Why is for people (Chinese).
type Refusal struct{ Why string }

func (r *Refusal) Error() string { return r.Why }

func refuse(format string, args ...any) error { return &Refusal{fmt.Sprintf(format, args...)} }

func warning(code, format string, args ...any) estimate.Warning {
	return estimate.Warning{Code: code, Text: fmt.Sprintf(format, args...)}
}

// Settings of both questions.
type Settings struct {
	Level          float64 // of intervals, and 1 − the level of tests
	SmallBase      int64   // fewer answers are marked; 0: none agreed
	DesignEffect   float64 // of the shares; 0: 1
	NonProbability bool    // the sample wasn't drawn by chance
}

func (s Settings) check() error {
	switch {
	case !(s.Level > 0 && s.Level < 1):
		return refuse("置信水平要在0和1之间，如0.95")
	case !(s.DesignEffect >= 0 && s.DesignEffect < 1e6):
		return refuse("设计效应要是大于0的数；简单随机抽样填1")
	}
	return nil
}

// share is a group's, widened by the design effect.
func (s Settings) share(aware, base int64) estimate.Estimate {
	e := estimate.Proportion(aware, base, s.Level, s.SmallBase)
	if s.DesignEffect == 0 || s.DesignEffect == 1 || !e.HasInterval {
		return e
	}
	if f, method, ok := e.Figure(s.DesignEffect, 0); ok && f.HasSE {
		if lower, upper, ok, err := f.Interval(method, s.Level); ok && err == nil {
			e.Lower, e.Upper = 100*lower, 100*upper
		}
	}
	return e
}

// cautions end every result.
func (s Settings) cautions(list []estimate.Warning) []estimate.Warning {
	if s.NonProbability {
		list = append(list, warning(NonProbability, "非概率样本，区间仅供参考，检验也只是参考"))
	}
	return append(list, warning(NotCausal, "%s", NoProof))
}
