package screening_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"shuixuan/analytics/screening"
)

// A crowd is a wave of our own making, whose truth is known: which sheets are made up, and
// which distributors made them.
type crowd struct {
	in         screening.Input
	fabricated []bool
	original   []bool // honest, and copied: nothing tells it from its copy
	content    []bool // answers 非常满意 almost throughout, or copies one who does
	guilty     map[string]bool
}

// model is how people answer. Five-point rows follow a person's own opinion, an opinion on the
// subject of the block, and chance; the shares of the grades are those of anchors: about 45,
// 30, 15, 7 and 3 %.
type model struct {
	r            *rand.Rand
	blocks, rows int
	likeness     float64   // weight of the opinion on a block's subject, beside 0.7 of the general one
	local        float64   // how far each distributor's area differs in what it likes, by question
	here         []float64 // that of the area at hand
	shift        []float64 // of each question: some things are better liked than others
	questions    []screening.Question
}

const (
	strata  = 5
	perHead = 50 // sheets of a distributor
)

var cuts = []float64{-0.1257, 0.6745, 1.2816, 1.8808}

// newModel makes a questionnaire: a number, sex and age band, some yes-or-no items, and blocks.
func newModel(seed uint64, items, blocks, rows int) *model {
	m := &model{r: rand.New(rand.NewPCG(2026, seed)), blocks: blocks, rows: rows, likeness: 0.4}
	m.questions = []screening.Question{{Name: "years", Numeric: true}, {Name: "sex", Options: 2}, {Name: "age", Options: 4}}
	for k := range items {
		m.questions = append(m.questions, screening.Question{Name: fmt.Sprintf("know%d", k), Options: 2, Scale: "know"})
	}
	for b := range blocks {
		for k := range rows {
			m.questions = append(m.questions, screening.Question{Name: fmt.Sprintf("s%d_%d", b, k), Options: 5,
				Block: fmt.Sprintf("b%d", b), Scale: "grade", Ordered: true})
		}
	}
	for range m.questions {
		m.shift = append(m.shift, 0.35*m.r.NormFloat64())
	}
	m.here = make([]float64, len(m.questions))
	return m
}

// person answers a sheet; place is the liking of the stratum and the distributor's area.
func (m *model) person(place float64, content bool) []int8 {
	r := m.r
	years := 1 + r.IntN(60)
	if r.Float64() < 0.4 {
		years = 5 * (1 + r.IntN(12)) // rounded
	}
	answers := []int8{int8(years), int8(r.IntN(2)), int8(r.IntN(4))}
	opinion, aware, careless := r.NormFloat64(), r.NormFloat64(), 0.01
	if r.Float64() < 0.05 {
		careless = 0.1
	}
	subject := make([]float64, m.blocks)
	for b := range subject {
		subject[b] = r.NormFloat64()
	}
	for q := 3; q < len(m.questions); q++ {
		question := m.questions[q]
		answer := int8(0)
		switch {
		case question.Block == "":
			if 0.6*aware+0.8*r.NormFloat64()+2*m.shift[q] > 0 {
				answer = 1
			}
		case content && r.Float64() < 0.95:
		default:
			b := (q - (len(m.questions) - m.blocks*m.rows)) / m.rows
			z := 0.7*opinion + m.likeness*subject[b] + math.Sqrt(0.51-m.likeness*m.likeness)*r.NormFloat64() + m.shift[q] + m.here[q] + place
			for _, cut := range cuts {
				if z > cut {
					answer++
				}
			}
		}
		answers = append(answers, answer)
	}
	if answers[3] == 0 && r.Float64() < 0.98 {
		answers[4] = 0 // who has not heard of it has seen nothing of it, slips of the pen apart
	}
	for q := range answers {
		if r.Float64() < careless {
			answers[q] = screening.Missing
		}
	}
	return answers
}

// judge applies the one rule of these questionnaires: who has not heard of it has seen nothing.
func (c *crowd) judge() {
	for i := range c.in.Sheets {
		if s := &c.in.Sheets[i]; s.Answers[3] == 0 && s.Answers[4] == 1 {
			s.Broken = []string{"没听说过，却见过"}
		}
	}
}

// wave is a wave of honest people: so many distributors in each of five strata with fifty
// sheets each, every second with paper, the others with a link. The first stratum are pupils,
// who answer a link by the class, five to a computer. contentShare of the people are content
// throughout.
func (m *model) wave(heads int, contentShare float64) *crowd {
	c := &crowd{guilty: map[string]bool{}}
	c.in.Questions = m.questions
	start := time.Date(2026, 9, 1, 1, 0, 0, 0, time.UTC)
	for k := range strata {
		liking := 0.2 * m.r.NormFloat64()
		for h := range heads {
			place, name := liking+0.2*m.r.NormFloat64(), fmt.Sprintf("d%d-%02d", k, h)
			for q := range m.here {
				if m.here[q] = 0; m.local > 0 {
					m.here[q] = m.local * m.r.NormFloat64()
				}
			}
			part := contentShare * (0.6 + 0.8*m.r.Float64()) // contentment is local too
			for n := range perHead {
				content := m.r.Float64() < part
				s := screening.Sheet{ID: fmt.Sprintf("%s-%03d", name, n), Distributor: name, Stratum: fmt.Sprintf("g%d", k),
					Mode: "paper", Answers: m.person(place, content)}
				s.Entered = start.Add(time.Duration(m.r.IntN(20*24*60)) * time.Minute)
				s.Day = s.Entered.Add(8 * time.Hour).Truncate(24 * time.Hour)
				if h%2 == 0 {
					s.Number = int64(k*10000 + h*100 + n + 1)
				} else {
					s.Mode, s.Device = "link", "phone "+s.ID
					s.Seconds = m.seconds(content)
					if k == 0 { // pupils: a class at a time, five to a computer
						s.Entered = s.Day.Add(time.Duration(2*n/5)*time.Minute + time.Duration(m.r.IntN(60))*time.Second)
						s.Device = fmt.Sprintf("computer %s %d", name, n%10)
					}
				}
				c.add(s, false, content)
			}
		}
	}
	return c
}

func (c *crowd) add(s screening.Sheet, fabricated, content bool) {
	c.in.Sheets = append(c.in.Sheets, s)
	c.fabricated, c.content = append(c.fabricated, fabricated), append(c.content, content)
	c.original = append(c.original, false)
}

// seconds: six seconds a question at the median; the content are quicker.
func (m *model) seconds(content bool) int {
	median := 6 * float64(len(m.questions))
	if content {
		median *= 0.8
	}
	return 1 + int(median*math.Exp(0.4*m.r.NormFloat64()))
}

// changed is a sheet with some answers put elsewhere among the options.
func (m *model) changed(answers []int8, share float64) []int8 {
	list := slices.Clone(answers)
	for q := range list {
		if m.r.Float64() < share {
			list[q] = int8(m.r.IntN(max(m.questions[q].Options, 60)))
			if options := m.questions[q].Options; options > 0 {
				list[q] %= int8(options)
			}
		}
	}
	return list
}

// lazy lets the first distributor of paper of three strata write all sheets after five of their own,
// changing a share of the answers each time.
func (m *model) lazy(c *crowd, share float64) {
	for k := range 3 {
		name := fmt.Sprintf("d%d-00", k)
		c.guilty[name] = true
		var bases [][]int8
		for range 5 {
			bases = append(bases, m.person(0, false))
		}
		for i := range c.in.Sheets {
			if c.in.Sheets[i].Distributor == name {
				c.in.Sheets[i].Answers = m.changed(bases[m.r.IntN(len(bases))], share)
				c.fabricated[i], c.content[i] = true, false
			}
		}
	}
}

// copied replaces four sheets of every second distributor by another sheet of the same one, to
// the letter. The originals are honest.
func (m *model) copied(c *crowd) {
	for from := 0; from < len(c.in.Sheets); from += 2 * perHead {
		c.guilty[c.in.Sheets[from].Distributor] = true
		for n := range 4 {
			source := from + 10 + n
			c.in.Sheets[from+n].Answers = slices.Clone(c.in.Sheets[source].Answers)
			c.fabricated[from+n], c.original[source], c.content[from+n] = true, true, c.content[source]
		}
	}
}

// bots replaces sheets that came by link, one in ten, by answers drawn one by one from the
// shares of the honest, with times and devices that look honest too.
func (m *model) bots(c *crowd) {
	counts := make([][]int8, len(m.questions))
	for _, s := range c.in.Sheets {
		for q, a := range s.Answers {
			counts[q] = append(counts[q], a)
		}
	}
	for i := range c.in.Sheets {
		if c.in.Sheets[i].Mode == "link" && m.r.Float64() < 0.1 {
			for q := range counts {
				c.in.Sheets[i].Answers[q] = counts[q][m.r.IntN(len(counts[q]))]
			}
			c.in.Sheets[i].Seconds = m.seconds(false)
			c.fabricated[i], c.content[i] = true, false
		}
	}
}

// hurried replaces one in twenty that came by link by people who click through: one answer in
// the middle all the way down, in a quarter of the time.
func (m *model) hurried(c *crowd) {
	for i := range c.in.Sheets {
		if c.in.Sheets[i].Mode == "link" && m.r.Float64() < 0.05 {
			for q, question := range m.questions {
				if question.Block != "" {
					c.in.Sheets[i].Answers[q] = 2
				}
			}
			c.in.Sheets[i].Seconds = 1 + m.seconds(false)/4
			c.fabricated[i], c.content[i] = true, false
		}
	}
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
