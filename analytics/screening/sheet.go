package screening

import (
	"fmt"
	"slices"
	"strings"
)

// group is whom a time is compared with.
type group struct {
	stratum int // −1 for the whole wave
	mode    string
}

// clock is what the times of a group say, in seconds.
type clock struct {
	sheets int
	median float64
	low    int // the quickest share is at or below it
}

// newClocks takes the median and the quick end of each stratum and mode, and of each mode.
func (w *wave) newClocks() map[group]clock {
	times := map[group][]int{}
	for i, sheet := range w.in.Sheets {
		if sheet.Seconds > 0 {
			for _, k := range []int{w.stratum[i], -1} {
				g := group{k, sheet.Mode}
				times[g] = append(times[g], sheet.Seconds)
			}
		}
	}
	clocks := make(map[group]clock, len(times))
	for g, list := range times {
		slices.Sort(list)
		n := len(list)
		low := 0
		if within := int(w.s.FastShare.Value * float64(n)); within > 0 {
			low = list[within-1]
		}
		clocks[g] = clock{n, float64(list[(n-1)/2]+list[n/2]) / 2, low}
	}
	return clocks
}

// clock is that of the sheet's stratum and mode, or of its mode where the stratum has few times.
func (w *wave) clock(i int) (clock, bool) {
	for _, k := range []int{w.stratum[i], -1} {
		c := w.times[group{k, w.in.Sheets[i].Mode}]
		if float64(c.sheets) >= w.s.TimedSheets.Value {
			return c, true
		}
	}
	return clock{}, false
}

// fast: among the quickest of the stratum and far below its median, or so far below it that it
// needn't be among the quickest: where many click through, a twentieth would hide the others.
func (w *wave) fast(i int) []Signal {
	c, ok := w.clock(i)
	seconds := w.in.Sheets[i].Seconds
	if !ok || seconds == 0 {
		return nil
	}
	found := fmt.Sprintf("用时%d秒，同组中位数是%.0f秒（%d份）", seconds, c.median, c.sheets)
	switch {
	case float64(seconds) < w.s.VeryFastRatio.Value*c.median:
		return []Signal{{Fast, Strong, found + "，不到" + percent(w.s.VeryFastRatio.Value)}}
	case float64(seconds) < w.s.FastRatio.Value*c.median && seconds <= c.low:
		return []Signal{{Fast, Weak, found + "，属最快的" + percent(w.s.FastShare.Value)}}
	}
	return nil
}

func percent(share float64) string {
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.1f", 100*share), "0"), ".") + "%"
}

// matrix is the rows of a block, as questions.
type matrix struct {
	name string
	rows []int
}

// matrices are the blocks with enough rows, in the order of the questionnaire.
func (w *wave) matrices() []matrix {
	var list []matrix
	for q, question := range w.in.Questions {
		if question.Block == "" {
			continue
		}
		at := slices.IndexFunc(list, func(m matrix) bool { return m.name == question.Block })
		if at < 0 {
			at, list = len(list), append(list, matrix{name: question.Block})
		}
		list[at].rows = append(list[at].rows, q)
	}
	return slices.DeleteFunc(list, func(m matrix) bool { return float64(len(m.rows)) < w.s.BlockRows.Value })
}

// lines are the sheets that give one answer all down every matrix, and how common that is.
type lines struct {
	blocks []matrix
	answer []int8 // of each sheet; Missing where it draws no such line, NotAsked where the lines differ
	common []map[int8]int
	whole  map[int8]int
	cells  []map[int8]int
}

func (w *wave) newLines() lines {
	l := lines{blocks: w.matrices(), answer: make([]int8, len(w.in.Sheets)), common: make([]map[int8]int, w.strata),
		whole: map[int8]int{}, cells: make([]map[int8]int, len(w.cells))}
	for i, sheet := range w.in.Sheets {
		l.answer[i] = w.line(l.blocks, sheet)
		if l.answer[i] == Missing {
			continue
		}
		k, c := w.stratum[i], w.cell[i]
		if l.common[k] == nil {
			l.common[k] = map[int8]int{}
		}
		if l.cells[c] == nil {
			l.cells[c] = map[int8]int{}
		}
		l.common[k][l.answer[i]]++
		l.cells[c][l.answer[i]]++
		l.whole[l.answer[i]]++
	}
	return l
}

// line is the one answer of all matrices that the sheet answers, if they have enough rows.
func (w *wave) line(blocks []matrix, sheet Sheet) int8 {
	answer, rows := Missing, 0
	for _, block := range blocks {
		given := answersOf(sheet, block)
		if float64(len(given)) < w.s.BlockRows.Value {
			continue
		}
		for _, a := range given {
			if a != given[0] {
				return Missing
			}
		}
		switch {
		case rows == 0:
			answer = given[0]
		case answer != given[0]:
			answer = NotAsked
		}
		rows += len(given)
	}
	if float64(rows) < w.s.StraightRows.Value {
		return Missing
	}
	return answer
}

func answersOf(sheet Sheet, block matrix) []int8 {
	var given []int8
	for _, q := range block.rows {
		if sheet.Answers[q] >= 0 {
			given = append(given, sheet.Answers[q])
		}
	}
	return given
}

// straight: one answer down all matrices. Where others of the stratum do so too, with the same
// answer, it is how people here answer (all content, say) and a hint only; where a row is
// turned round, the line contradicts itself and weighs in any case.
func (w *wave) straight(i int) []Signal {
	answer := w.lines.answer[i]
	if answer == Missing {
		return nil
	}
	found := "矩阵题每一行选的都是同一项"
	if turned := w.turned(i); turned >= 0 {
		return []Signal{{Straight, Weak, found + fmt.Sprintf("，其中第%d题问法相反，也没有改变", turned+1)}}
	}
	k, c := w.stratum[i], w.cell[i]
	like, of := w.lines.common[k][answer], w.sizes[k]
	if of-len(w.cells[c]) < w.likeFrom() {
		like, of = w.lines.whole[answer], len(w.in.Sheets)
	}
	like, of = like-w.lines.cells[c][answer], of-len(w.cells[c])
	if of < w.likeFrom() { // nobody to compare with: no evidence
		return []Signal{{Straight, Hint, found + "；没有足够的其他问卷可比，不作为依据"}}
	}
	if share := float64(like) / float64(of); share >= w.s.StraightCommon.Value {
		return []Signal{{Straight, Hint, found + fmt.Sprintf("；同组别的发放人那里也有%s的人这样答，不作为依据", percent(share))}}
	}
	return []Signal{{Straight, Weak, found + "，同组少有人这样答"}}
}

// turned is the first reversed row that a line runs through without being in the middle, or −1.
func (w *wave) turned(i int) int {
	for _, block := range w.lines.blocks {
		plain := slices.ContainsFunc(block.rows, func(q int) bool { return !w.in.Questions[q].Reversed })
		for _, q := range block.rows {
			question, a := w.in.Questions[q], int(w.in.Sheets[i].Answers[q])
			if plain && question.Reversed && question.Options > 1 && a >= 0 && 2*a != question.Options-1 {
				return q
			}
		}
	}
	return -1
}

// pattern: a staircase (each row the same step on, round the end) or a zigzag of two answers.
func (w *wave) pattern(i int) []Signal {
	for _, block := range w.lines.blocks {
		given := answersOf(w.in.Sheets[i], block)
		if float64(len(given)) < w.s.PatternRows.Value || given[0] == given[1] {
			continue
		}
		options := int(w.in.Questions[block.rows[0]].Options)
		stairs, zigzag := options > 0, true
		for k := range given {
			if k >= 2 {
				zigzag = zigzag && given[k] == given[k-2]
				stairs = stairs && (int(given[k])-int(given[k-1])-int(given[1])+int(given[0]))%options == 0
			}
		}
		if stairs || zigzag {
			return []Signal{{Pattern, Weak, fmt.Sprintf("矩阵题%d行的回答排成阶梯或来回交替", len(given))}}
		}
	}
	return nil
}

// open: more of the questions asked are left open than may be.
func (w *wave) open(i int) []Signal {
	missing, asked := w.missing(i)
	if asked == 0 || float64(missing) <= w.s.MissingShare.Value*float64(asked) {
		return nil
	}
	return []Signal{{Open, Weak, fmt.Sprintf("应答%d题，有%d题没有回答", asked, missing)}}
}

func (w *wave) missing(i int) (missing, asked int) {
	for _, a := range w.in.Sheets[i].Answers {
		if a != NotAsked {
			asked++
		}
		if a == Missing {
			missing++
		}
	}
	return missing, asked
}

// impossible: answers that a rule excludes; two different rules broken weigh more than one,
// which may be a slip of the pen.
func (w *wave) impossible(i int) []Signal {
	switch broken := w.in.Sheets[i].Broken; len(broken) {
	case 0:
		return nil
	case 1:
		return []Signal{{Impossible, Weak, "回答自相矛盾：" + broken[0]}}
	default:
		return []Signal{{Impossible, Strong, fmt.Sprintf("回答有%d处自相矛盾：%s", len(broken), strings.Join(broken, "；"))}}
	}
}
