package screening_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"shuixuan/analytics/screening"
)

// honest is a wave without anything to remark: 200 sheets by link from four distributors in one
// stratum, twelve rows in two matrices, all answers drawn at random, 200 seconds each.
func honest() screening.Input {
	r := rand.New(rand.NewPCG(11, 12))
	var in screening.Input
	for q := range 20 {
		question := screening.Question{Name: fmt.Sprint("q", q), Options: 5, Ordered: true}
		if q >= 8 {
			question.Block = fmt.Sprint("b", q/14)
		}
		in.Questions = append(in.Questions, question)
	}
	for i := range 200 {
		s := screening.Sheet{ID: fmt.Sprintf("s%03d", i), Distributor: fmt.Sprint("d", i%4), Stratum: "g", Mode: "link",
			Seconds: 200, Device: fmt.Sprint("phone ", i), Number: int64(1 + r.IntN(1_000_000)), Entered: time.Date(2026, 9, 1, 0, 20*i, 0, 0, time.UTC)}
		s.Day = s.Entered.Truncate(24 * time.Hour)
		for range in.Questions {
			s.Answers = append(s.Answers, int8(1+r.IntN(4)))
		}
		in.Sheets = append(in.Sheets, s)
	}
	return in
}

func screen(t *testing.T, in screening.Input) *screening.Report {
	t.Helper()
	r, err := screening.Screen(t.Context(), in, screening.Defaults(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func signal(signals []screening.Signal, code screening.Code) (screening.Signal, bool) {
	at := slices.IndexFunc(signals, func(s screening.Signal) bool { return s.Code == code })
	if at < 0 {
		return screening.Signal{}, false
	}
	return signals[at], true
}

func TestAnHonestWaveIsUnremarkable(t *testing.T) {
	r := screen(t, honest())
	for i, s := range r.Sheets {
		if len(s.Signals) > 0 || s.Grade != screening.Unremarkable || s.Points != 0 {
			t.Errorf("sheet %d: %+v", i, s)
		}
	}
	for _, d := range r.Distributors {
		if len(d.Signals) > 0 || d.Sheets != 50 || d.Grade.Text() != "未见异常组合" {
			t.Errorf("%+v", d)
		}
	}
	if len(r.Effects) != 21 || !r.Effects[0].IntraClass.HasInterval || len(r.Warnings) != 0 {
		t.Errorf("%d effects, the first %+v; warnings %v", len(r.Effects), r.Effects[0], r.Warnings)
	}
}

// Each check on a wave bent in the one place it looks at.
func TestSignals(t *testing.T) {
	check := func(what string, bend func(*screening.Input), code screening.Code, found bool, strength screening.Strength, part string) {
		t.Helper()
		in := honest()
		bend(&in)
		got, ok := signal(screen(t, in).Sheets[0].Signals, code)
		if ok != found || ok && (got.Strength != strength || !strings.Contains(got.Reason, part)) {
			t.Errorf("%s: %v %+v", what, ok, got)
		}
	}
	fill := func(in *screening.Input, sheet, from, to int, answers ...int8) {
		for q := from; q < to; q++ {
			in.Sheets[sheet].Answers[q] = answers[(q-from)%len(answers)]
		}
	}
	weak, strong, hint := screening.Weak, screening.Strong, screening.Hint

	check("a third of the median", func(in *screening.Input) { in.Sheets[0].Seconds = 60 }, screening.Fast, true, strong, "用时60秒，同组中位数是200秒（200份）")
	check("below half, quickest", func(in *screening.Input) { in.Sheets[0].Seconds = 90 }, screening.Fast, true, weak, "最快的5%")
	check("half of the median is enough time", func(in *screening.Input) { in.Sheets[0].Seconds = 100 }, screening.Fast, false, 0, "")
	check("below half, but not among the quickest", func(in *screening.Input) {
		for i := range 30 {
			in.Sheets[i].Seconds = 80
		}
		in.Sheets[0].Seconds = 90
	}, screening.Fast, false, 0, "")
	check("time not known", func(in *screening.Input) { in.Sheets[0].Seconds = 0 }, screening.Fast, false, 0, "")
	check("alone in its mode", func(in *screening.Input) { in.Sheets[0].Seconds, in.Sheets[0].Mode = 1, "api" }, screening.Fast, false, 0, "")
	check("few in its stratum: the mode's median", func(in *screening.Input) { in.Sheets[0].Seconds, in.Sheets[0].Stratum = 60, "h" }, screening.Fast, true, strong, "200秒（200份）")

	check("one answer all down", func(in *screening.Input) { fill(in, 0, 8, 20, 2) }, screening.Straight, true, weak, "少有人")
	check("one answer, but for a row", func(in *screening.Input) { fill(in, 0, 8, 20, 2); in.Sheets[0].Answers[19] = 3 }, screening.Straight, false, 0, "")
	check("each matrix its own answer", func(in *screening.Input) { fill(in, 0, 8, 14, 2); fill(in, 0, 14, 20, 3) }, screening.Straight, true, weak, "")
	check("as others do", func(in *screening.Input) {
		for i := range 20 {
			fill(in, i, 8, 20, 1)
		}
	}, screening.Straight, true, hint, "不作为依据")
	check("as others do, over a reversed row", func(in *screening.Input) {
		in.Questions[10].Reversed = true
		for i := range 20 {
			fill(in, i, 8, 20, 1)
		}
	}, screening.Straight, true, weak, "第11题问法相反")
	check("the middle of a reversed row is the middle", func(in *screening.Input) {
		in.Questions[10].Reversed = true
		fill(in, 0, 8, 20, 2)
	}, screening.Straight, true, weak, "少有人")
	check("only two rows are answered", func(in *screening.Input) { fill(in, 0, 8, 20, screening.NotAsked); fill(in, 0, 8, 10, 2) }, screening.Straight, false, 0, "")

	check("staircase", func(in *screening.Input) { fill(in, 0, 8, 14, 1, 2, 3, 4, 0) }, screening.Pattern, true, weak, "6行")
	check("zigzag", func(in *screening.Input) { fill(in, 0, 14, 20, 4, 1) }, screening.Pattern, true, weak, "6行")
	check("zigzag with a slip", func(in *screening.Input) { fill(in, 0, 14, 20, 4, 1); in.Sheets[0].Answers[17] = 2 }, screening.Pattern, false, 0, "")

	check("a quarter open", func(in *screening.Input) { fill(in, 0, 0, 5, screening.Missing) }, screening.Open, true, weak, "应答20题，有5题")
	check("a fifth open", func(in *screening.Input) { fill(in, 0, 0, 4, screening.Missing) }, screening.Open, false, 0, "")
	check("not asked is not open", func(in *screening.Input) { fill(in, 0, 0, 5, screening.NotAsked) }, screening.Open, false, 0, "")
	check("nothing asked at all", func(in *screening.Input) { fill(in, 0, 0, 20, screening.NotAsked) }, screening.Open, false, 0, "")

	check("one contradiction", func(in *screening.Input) { in.Sheets[0].Broken = []string{"没听说过，却很了解"} }, screening.Impossible, true, weak, "自相矛盾：没听说过，却很了解")
	check("two contradictions", func(in *screening.Input) {
		in.Sheets[0].Broken = []string{"没听说过，却很了解", "没参加，却参加了三次"}
	}, screening.Impossible, true, strong, "2处自相矛盾：没听说过，却很了解；没参加，却参加了三次")

	together := func(mode string, sheets int) func(*screening.Input) {
		return func(in *screening.Input) {
			for k := range sheets {
				in.Sheets[4*k].Entered, in.Sheets[4*k].Mode = time.Date(2026, 10, 1, 1, 0, 50*k, 0, time.UTC), mode
			}
		}
	}
	check("ten within ten minutes", together("link", 10), screening.Burst, true, weak, "10分钟内收到10份")
	check("nine", together("link", 9), screening.Burst, false, 0, "")
	check("paper is typed in by the pile", together("paper", 10), screening.Burst, false, 0, "")

	devices := func(sheets int) func(*screening.Input) {
		return func(in *screening.Input) {
			for k := range sheets {
				in.Sheets[k].Device = "shared"
			}
		}
	}
	check("four of a device", devices(4), screening.Device, true, weak, "提交了4份")
	check("three of a device", devices(3), screening.Device, false, 0, "")

	check("copied to the letter", func(in *screening.Input) { in.Sheets[0].Answers = in.Sheets[4].Answers }, screening.Near, true, screening.Alone, "同一发放人")
	check("copied from another's", func(in *screening.Input) { in.Sheets[0].Answers = in.Sheets[1].Answers }, screening.Near, true, screening.Alone, "另一份问卷（编号")
	check("two who are content", func(in *screening.Input) { fill(in, 0, 0, 20, 0); fill(in, 4, 0, 20, 0) }, screening.Near, true, hint, "普遍满意")
}

// One weak signal never suggests going back, nor do two of one family; several families do.
func TestGrades(t *testing.T) {
	check := func(what string, bend func(*screening.Input), points int, grade screening.Grade) {
		t.Helper()
		in := honest()
		bend(&in)
		if got := screen(t, in).Sheets[0]; got.Points != points || got.Grade != grade {
			t.Errorf("%s: %+v", what, got)
		}
	}
	speed := func(in *screening.Input) { in.Sheets[0].Seconds = 40 }
	open := func(in *screening.Input) {
		for q := range 5 {
			in.Sheets[0].Answers[q] = screening.Missing
		}
	}
	delivered := func(in *screening.Input) {
		for k := range 12 {
			in.Sheets[4*k].Entered, in.Sheets[4*k].Device = in.Sheets[0].Entered, "shared"
		}
	}
	check("fast", speed, 2, screening.Unremarkable)
	check("burst and device", delivered, 1, screening.Unremarkable)
	check("open and delivered", func(in *screening.Input) { open(in); delivered(in) }, 2, screening.Unremarkable)
	check("fast and open", func(in *screening.Input) { speed(in); open(in) }, 3, screening.Recontact)
	if screening.Recontact.Text() != "建议回访" {
		t.Error("the word is 建议回访")
	}
}

// A distributor who copies is named with the figures, those beside are not.
func TestADistributorOfCopies(t *testing.T) {
	in := honest()
	for i := 4; i < 200; i += 4 {
		in.Sheets[i].Answers = slices.Clone(in.Sheets[i%20].Answers)
		in.Sheets[i].Answers[i/4%20] = 1
	}
	r := screen(t, in)
	for k, d := range r.Distributors {
		if named := d.Grade == screening.Recontact; named != (k == 0) {
			t.Errorf("%s: %+v", d.Name, d)
		}
	}
	d := r.Distributors[0]
	got, _ := signal(d.Signals, screening.Near)
	if d.Excess.Observed < 45 || d.Excess.Expected > 1 || d.Excess.Basis == "" || !strings.Contains(got.Reason, "推算应有约") {
		t.Errorf("%+v %q", d.Excess, got.Reason)
	}
	marked := 0
	for i, yes := range r.Recontact() {
		if yes && i%4 != 0 {
			t.Errorf("sheet %d of another distributor", i)
		}
		marked += one(yes)
	}
	if marked < 45 {
		t.Errorf("%d sheets are marked", marked)
	}
}

// What can't be screened is refused in words; what is merely thin is screened without a number
// that isn't one.
func TestHostileInput(t *testing.T) {
	refused := func(what string, bend func(*screening.Input, *screening.Settings), part string) {
		t.Helper()
		in, s := honest(), screening.Defaults()
		bend(&in, &s)
		_, err := screening.Screen(t.Context(), in, s, nil)
		var fault *screening.InputError
		if !errors.As(err, &fault) || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("too few answers", func(in *screening.Input, _ *screening.Settings) { in.Sheets[3].Answers = in.Sheets[3].Answers[:19] }, "第4份问卷（s003）有19个回答，应有20个")
	refused("no such option", func(in *screening.Input, _ *screening.Settings) { in.Sheets[3].Answers[2] = 5 }, "第3题的回答5")
	refused("no such code", func(in *screening.Input, _ *screening.Settings) { in.Sheets[3].Answers[2] = -3 }, "第3题的回答-3")
	refused("doubled id", func(in *screening.Input, _ *screening.Settings) { in.Sheets[3].ID = "s000" }, "重复")
	refused("negative time", func(in *screening.Input, _ *screening.Settings) { in.Sheets[3].Seconds = -1 }, "负数")
	refused("too many options", func(in *screening.Input, _ *screening.Settings) { in.Questions[1].Options = 129 }, "最多128个")
	refused("no number", func(_ *screening.Input, s *screening.Settings) { s.NearShare.Value = math.NaN() }, "near_share")
	refused("share over 1", func(_ *screening.Input, s *screening.Settings) { s.MissingShare.Value = 20 }, "missing_share")
	refused("nothing set", func(_ *screening.Input, s *screening.Settings) { *s = screening.Settings{} }, "应在")

	shown := func(what string, bend func(*screening.Input)) *screening.Report {
		t.Helper()
		in := honest()
		bend(&in)
		r := screen(t, in)
		if _, err := json.Marshal(r); err != nil { // refuses what is not a number
			t.Errorf("%s: %v", what, err)
		}
		for i, s := range r.Sheets {
			if s.Grade != screening.Unremarkable {
				t.Errorf("%s: sheet %d %+v", what, i, s)
			}
		}
		return r
	}
	shown("no sheets", func(in *screening.Input) { in.Sheets = nil })
	shown("no questions", func(in *screening.Input) {
		in.Questions = nil
		for i := range in.Sheets {
			in.Sheets[i].Answers = nil
		}
	})
	shown("one sheet", func(in *screening.Input) { in.Sheets = in.Sheets[:1] })
	shown("each in a stratum of its own", func(in *screening.Input) {
		for i := range in.Sheets {
			in.Sheets[i].Stratum = in.Sheets[i].ID
		}
	})
	shown("nothing known but the answers", func(in *screening.Input) {
		for i, s := range in.Sheets {
			in.Sheets[i] = screening.Sheet{ID: s.ID, Answers: s.Answers}
		}
	})
	shown("options not told", func(in *screening.Input) {
		for q := range in.Questions {
			in.Questions[q].Options = 0
		}
	})
	same := shown("all answers the same", func(in *screening.Input) {
		for i := range in.Sheets {
			in.Sheets[i].Answers = make([]int8, 20)
		}
	})
	if same.Sheets[0].Nearest.Share() != 1 || same.Distributors[0].Grade != screening.Unremarkable {
		t.Errorf("all the same: %+v, %+v", same.Sheets[0], same.Distributors[0])
	}
	alone := shown("one distributor", func(in *screening.Input) {
		for i := range in.Sheets {
			in.Sheets[i].Distributor = "d"
		}
	})
	if d := alone.Distributors[0]; d.Excess.Basis != "" || d.Excess.Of != 0 {
		t.Errorf("held against nobody: %+v", d.Excess)
	}
	few := shown("twelve questions", func(in *screening.Input) {
		in.Questions = in.Questions[:12]
		for i := range in.Sheets {
			in.Sheets[i].Answers = in.Sheets[i].Answers[:12]
		}
	})
	if len(few.Warnings) != 1 || few.Warnings[0].Code != screening.FewQuestions {
		t.Errorf("twelve questions: %v", few.Warnings)
	}
}

// The same rows give the same bytes, in another order the same report; a cancelled context ends it.
func TestScreeningIsReproducible(t *testing.T) {
	m := newModel(1, 7, 5, 6)
	c := m.wave(4, 0.25)
	m.lazy(c, 0.1)
	bytes := func() string {
		text, err := json.Marshal(screen(t, c.in))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if first, second := bytes(), bytes(); first != second {
		t.Error("two runs differ")
	}
	before := screen(t, c.in)
	slices.Reverse(c.in.Sheets)
	after := screen(t, c.in)
	slices.Reverse(after.Sheets)
	for i := range before.Sheets {
		a, b := before.Sheets[i], after.Sheets[i]
		if a.ID != b.ID || a.Grade != b.Grade || len(a.Signals) != len(b.Signals) || a.Nearest.Same != b.Nearest.Same {
			t.Errorf("%+v, in another order %+v", a, b)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := screening.Screen(ctx, c.in, screening.Defaults(), nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// What is told of a distributor's pile, each on the first of four distributors; one such signal
// names nobody.
func TestSignalsOfDistributors(t *testing.T) {
	check := func(what string, bend func(*screening.Input), code screening.Code, found bool, part string) {
		t.Helper()
		in := honest()
		bend(&in)
		r := screen(t, in)
		got, ok := signal(r.Distributors[0].Signals, code)
		if ok != found || ok && (got.Strength != screening.Weak || !strings.Contains(got.Reason, part)) {
			t.Errorf("%s: %v %+v", what, ok, r.Distributors[0])
		}
		for _, d := range r.Distributors {
			if d.Grade != screening.Unremarkable || d.Name != "d0" && len(d.Signals) > 0 {
				t.Errorf("%s: %+v", what, d)
			}
		}
	}
	own := func(bend func(s *screening.Sheet, n int)) func(*screening.Input) {
		return func(in *screening.Input) {
			for n := range 50 {
				bend(&in.Sheets[4*n], n)
			}
		}
	}
	ages := func(own func(n int) int8) func(*screening.Input) {
		return func(in *screening.Input) {
			r := rand.New(rand.NewPCG(13, 14))
			in.Questions[4] = screening.Question{Name: "age", Numeric: true}
			for i := range in.Sheets {
				in.Sheets[i].Answers[4] = int8(20 + r.IntN(40))
				if i%4 == 0 {
					in.Sheets[i].Answers[4] = own(i / 4)
				}
			}
		}
	}
	check("quick ones", own(func(s *screening.Sheet, n int) { s.Seconds -= 150 * (n % 5 / 4) }), screening.Fast, true, "有10份，占20%，其他发放人是0%")
	check("two quick ones", own(func(s *screening.Sheet, n int) { s.Seconds -= 150 * (n % 25 / 24) }), screening.Fast, false, "")
	check("open ones", own(func(s *screening.Sheet, n int) {
		for q := range n % 5 / 4 * 5 {
			s.Answers[q] = screening.Missing
		}
	}), screening.Open, true, "漏答过多的问卷有10份")
	check("numbers end in three digits", own(func(s *screening.Sheet, n int) { s.Number = s.Number/10*10 + int64(n%3) }), screening.Numbers, true, "尾数分布不均")
	check("numbers in a row", own(func(s *screening.Sheet, n int) { s.Number = int64(n + 1) }), screening.Numbers, false, "")
	check("ages end in 0 and 5 here only", ages(func(n int) int8 { return int8(20 + n%8*5) }), screening.Digits, true, "尾数")
	check("ages as elsewhere", ages(func(n int) int8 { return int8(20 + n*3%40) }), screening.Digits, false, "")
	check("the first half dislikes", own(func(s *screening.Sheet, n int) {
		s.Number = int64(n + 1)
		for q := range 8 {
			s.Answers[q] = min(4, max(1, s.Answers[q]+int8(n/25*4-2)))
		}
	}), screening.Sequence, true, "成段或交替")
}

func TestTheBusiestDay(t *testing.T) {
	in := honest()
	for n := range 30 {
		in.Sheets[4*n].Day = time.Date(2026, 9, 20, 0, 0, 0, 0, time.UTC)
	}
	if d := screen(t, in).Distributors[0]; d.Day != "2026-09-20" || d.DaySheets != 30 {
		t.Errorf("%s with %d", d.Day, d.DaySheets)
	}
}
