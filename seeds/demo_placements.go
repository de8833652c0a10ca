package seeds

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ledgers are the placements of one campaign: what each unit puts up, and how it
// writes its ledger.
type ledgers struct {
	campaign string
	start    time.Time
	weeks    int
	columns  []string // the heading of task and unit in the campaign's own words
	senders  []sender
	position bool // places lie around the middle of the city
}

// sender is a unit and its habits.
type sender struct {
	unit    string // id; empty for the office, which sends for several
	name    string // as it writes itself
	every   int    // weeks between two ledgers
	first   int    // weeks before the first one; 0 for as many as between two
	dates   string // layout of time.Format
	open    string // its words for an open end
	totals  bool   // adds a subtotal row
	gb18030 bool
	faults  []fault
	streams []stream
}

// stream is a kind of thing that a unit puts up again and again.
type stream struct {
	unit     string // written in the row where it isn't the sender
	task     string
	carrier  string
	n        int
	measure  string
	low      int // quantity from, in steps of step, to high
	high     int
	step     int
	places   []string
	size     string  // 规格
	area     float64 // square metres of one piece, 0 where nobody measures
	flight   flight
	pace     pace
	remarks  []string
	anywhere bool // no position: a newspaper, a bus line
}

// flight says how long things of a stream stand.
type flight int

const (
	toAcceptance flight = iota
	oneDay
	thirtyDays // the longest a temporary hanging may stay
	toYearEnd
	mostlyOpen // to acceptance, one in five taken down after thirty days
)

// pace is the share of a stream's placements by week; the growth is uneven since
// some begin early, some late.
type pace []float64

var (
	early   = pace{9, 8, 5, 3, 2, 1, 1, 1}
	steady  = pace{3, 4, 4, 4, 4, 3, 4, 4}
	growing = pace{1, 2, 3, 4, 4, 2, 6, 7}
	late    = pace{0, 0, 0, 0, 1, 2, 6, 8}
	second  = pace{0, 0, 3, 5, 6, 3, 4, 3}
)

// fault is a mistake that people make in ledgers; each spoils one row.
type fault int

const (
	noQuantity fault = iota
	about
	noYear
	endFirst
	unknownUnit
	negative
	noSuchDay
	twice
)

// row is one placement before it is written in its sender's style.
type row struct {
	stream
	week     int
	place    string
	quantity string
	areaText string
	start    time.Time
	end      time.Time
	longlat  [2]string
	remark   string
	date     string // instead of start, for a faulty one
	unitName string
}

func (l ledgers) files() ([]File, error) {
	var files []File
	for _, s := range l.senders {
		made, err := l.ofSender(s)
		if err != nil {
			return nil, err
		}
		files = append(files, made...)
	}
	return files, nil
}

func (l ledgers) ofSender(s sender) ([]File, error) {
	r := chance(l.campaign + "/" + s.unit + s.name)
	byWeek := make([][]row, l.weeks)
	seen := map[string]bool{}
	for _, st := range s.streams {
		for range st.n {
			one := l.row(r, s, st)
			for seen[one.content()] { // the same content would be taken for the same placement
				one = l.row(r, s, st)
			}
			seen[one.content()] = true
			byWeek[one.week] = append(byWeek[one.week], one)
		}
	}
	var files []File
	faults := s.faults
	to := s.first
	if to == 0 {
		to = s.every
	}
	for from := 0; from < l.weeks; from, to = to, min(to+s.every, l.weeks) {
		rows := slices.Concat(byWeek[from:to]...)
		if len(rows) == 0 {
			continue
		}
		slices.SortStableFunc(rows, func(a, b row) int { return a.start.Compare(b.start) })
		n := min(len(faults), 1) // one in each ledger, what is left in the last
		if to == l.weeks {
			n = len(faults)
		}
		rows, faults = spoil(r, rows, faults[:n]), faults[n:]
		day := l.start.AddDate(0, 0, 7*to)
		body, err := encoded(l.sheet(s, rows, day), s.gb18030)
		if err != nil {
			return nil, err
		}
		files = append(files, File{Campaign: l.campaign, Kind: Placements, Unit: s.unit, Day: day, Body: body,
			Name: fmt.Sprintf("演示-%s-宣传台账-%s.csv", s.name, day.Format("0102"))})
	}
	return files, nil
}

// spoil adds faulty rows: copies of good ones with one mistake, as when a clerk
// copies a line down and forgets to fill it in.
func spoil(r *rand.Rand, rows []row, faults []fault) []row {
	for _, f := range faults {
		at := r.IntN(len(rows))
		bad := rows[at]
		if f != twice {
			bad.place += "（续）"
		}
		bad.remark = ""
		switch f {
		case noQuantity:
			bad.quantity = ""
		case about:
			bad.quantity = "约" + strconv.Itoa(10+r.IntN(20))
		case noYear:
			bad.date = bad.start.Format("1月2日")
		case endFirst:
			bad.end = bad.start.AddDate(0, -1, 0)
		case unknownUnit:
			bad.unitName = pick(r, []string{"市体育局", "市文化局", "市交通运输局"})
		case negative:
			bad.quantity = "-" + strconv.Itoa(1+r.IntN(9))
		case noSuchDay:
			bad.date = noDay(bad.start).Format("2006年1月") + "31日"
		}
		rows = slices.Insert(rows, at+1, bad)
	}
	return rows
}

// noDay gives a day in the last month before start that has thirty days: people write
// its end as the 31st.
func noDay(start time.Time) time.Time {
	first := time.Date(start.Year(), start.Month(), 1, 0, 0, 0, 0, time.UTC)
	for first.AddDate(0, 1, -1).Day() != 30 {
		first = first.AddDate(0, -1, 0)
	}
	return first
}

func (l ledgers) row(r *rand.Rand, s sender, st stream) row {
	one := row{stream: st, week: weighted(r, st.pace[:l.weeks]), place: pick(r, st.places), unitName: s.name}
	if st.unit != "" {
		one.unitName = st.unit
	}
	quantity := st.low
	if st.high > st.low {
		quantity += st.step * r.IntN((st.high-st.low)/st.step+1)
	}
	one.quantity = strconv.Itoa(quantity)
	if st.area > 0 && r.Float64() < 0.8 {
		one.areaText = strconv.FormatFloat(st.area*float64(quantity), 'f', -1, 64)
	}
	one.start = l.start.AddDate(0, 0, 7*one.week+weighted(r, []float64{5, 5, 4, 4, 5, 2, 1}))
	switch {
	case st.flight == oneDay:
		one.end = one.start
	case st.flight == thirtyDays, st.flight == mostlyOpen && r.Float64() < 0.2:
		one.end = one.start.AddDate(0, 0, 29)
	case st.flight == toYearEnd:
		one.end = time.Date(one.start.Year(), time.December, 31, 0, 0, 0, 0, time.UTC)
	}
	if l.position && !st.anywhere && r.Float64() < 0.45 {
		one.longlat = near(one.place)
	}
	if len(st.remarks) > 0 && r.Float64() < 0.3 {
		one.remark = pick(r, st.remarks)
	}
	return one
}

// content tells rows apart that ingest would tell apart.
func (o row) content() string {
	return strings.Join([]string{o.unitName, o.task, o.carrier, o.place, o.quantity, o.areaText, o.start.String(), o.end.String()}, "|")
}

// near gives a position for a place: always the same one, within six kilometres of
// the middle of the city (36.18 N, 116.77 E; domain facts 5.5). One degree is 110.95 km
// north and 89.9 km east there.
func near(place string) [2]string {
	r := chance("place/" + place)
	distance, angle := 5.5*math.Sqrt(r.Float64()), 2*math.Pi*r.Float64()
	longitude := 116.77 + distance*math.Cos(angle)/89.9
	latitude := 36.18 + distance*math.Sin(angle)/110.95
	return [2]string{strconv.FormatFloat(longitude, 'f', 6, 64), strconv.FormatFloat(latitude, 'f', 6, 64)}
}

// sheet writes the ledger of one sender: title, heading, rows, and for some a total.
func (l ledgers) sheet(s sender, rows []row, day time.Time) [][]string {
	title := make([]string, len(l.columns))
	title[0] = s.name + "宣传台账（演示数据）填报日期：" + day.Format("2006年1月2日")
	sheet := [][]string{title, l.columns}
	for i, o := range rows {
		date, end := o.start.Format(s.dates), s.open
		if o.date != "" {
			date = o.date
		}
		if !o.end.IsZero() {
			end = o.end.Format(s.dates)
		}
		datum := ""
		if o.longlat[0] != "" {
			datum = "gcj02"
		}
		cells := []string{strconv.Itoa(i + 1), o.unitName, o.task, o.carrier, o.place, o.quantity, o.measure, o.areaText, o.size,
			date, end, o.longlat[0], o.longlat[1], datum, o.remark}
		sheet = append(sheet, cells)
	}
	if s.totals {
		sheet = append(sheet, total(rows, len(l.columns)))
	}
	return sheet
}

// total is the row that people add at the end; it adds up whatever stands above.
func total(rows []row, columns int) []string {
	sum := 0
	for _, o := range rows {
		n, err := strconv.Atoi(o.quantity)
		if err == nil {
			sum += n
		}
	}
	cells := make([]string, columns)
	cells[0], cells[5] = "小计", strconv.Itoa(sum)
	return cells
}
