package sheet

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// DateOptions is how a file counts days, from [Book.Dates]. The zero value is
// the usual way.
type DateOptions struct {
	Date1904 bool // days are counted from 1904-01-01, as Excel for the Mac once did
}

// Years outside of these are typing mistakes, or a number that isn't a date: 24 put
// into a date column is the 24th of January 1900 to a spreadsheet.
const (
	firstYear = 1950
	lastYear  = 2099
)

var (
	timeOfDay = regexp.MustCompile(`(?:\s+|T|([日号])\s*|(?:上午|下午|晚上?|早上?)\s*)[0-9]{1,2}[:时点](?:[0-9]{1,2}分?(?::?[0-9]{1,2}(?:\.[0-9]+)?秒?)?)?(?:Z|[-+][0-9]{2}:?[0-9]{2}| ?[AaPp][Mm])?$`)
	weekday   = regexp.MustCompile(`\s*\(?(?:星期|周|礼拜)[一二三四五六日天]\)?$|(?:上午|下午|晚上?|早上?)$`)
	twoDates  = regexp.MustCompile(`[0-9一二三四五六七八九十日号年月]\s*(?:至|到|[~—–]+)\s*[0-9一二三四五六七八九十]|日\s*-\s*[0-9]|[0-9]{4}[-./][0-9]{1,2}[-./][0-9]{1,2}\s*-\s*[0-9]|[日号0-9]\s*[、,;和及]\s*[0-9]`)
	rough     = regexp.MustCompile(`约|大概|左右|前后|前$|之前|以前|之后|以后|后$|[?]`)
	separated = regexp.MustCompile(`^([0-9]+)\s*[-./]\s*([0-9]+)(?:\s*[-./]\s*([0-9]+))?$`)
	worded    = regexp.MustCompile(`^(?:([^年月]+)年)?\s*(?:([^年月]+)月份?)?\s*(?:([^年月日号]+)[日号]?)?$`)
	relative  = regexp.MustCompile(`^(?:今|本|去|上|明|前|同)年?`)
	partMonth = regexp.MustCompile(`^(?:上旬|中旬|下旬|初|中|底|末|份)$`)
)

// calendarMarks are other ways to write the marks of a date.
var calendarMarks = strings.NewReplacer("。", ".", "·", ".", "−", "-", "–", "-", "\\", "/")

// ParseDate reads a day: the text forms people use, the serial numbers that
// spreadsheets keep, eight digits in a row. A date is a [time.Time] at 00:00 UTC;
// a time of day is dropped, as written, whatever its zone.
//
// It doesn't guess. 9月15日 has no year, 14.9.5 may be three days, 2014年9月 is a
// month, and each is refused with a *CellError that says so.
func ParseDate(c Cell, o DateOptions) (time.Time, error) {
	if c.Formula != "" {
		return time.Time{}, &CellError{Fault: NotComputed, Text: c.Formula}
	}
	text := Normalize(c.Text)
	if text == "" || nothing.MatchString(text) {
		return time.Time{}, &CellError{Fault: Missing, Text: c.Text}
	}
	if c.Number {
		return numberDate(c, text, o)
	}
	return textDate(c.Text, text, o)
}

// ParseEnd reads the last day of a period, or that there is none: 至验收结束, 长期.
func ParseEnd(c Cell, o DateOptions) (day time.Time, open bool, err error) {
	if !c.Number && openEnd(Normalize(c.Text)) {
		return time.Time{}, true, nil
	}
	day, err = ParseDate(c, o)
	return day, false, err
}

var openEnds = regexp.MustCompile(`^(?:(?:创建|创建工作|项目|考核|整体)?验收(?:结束|完成|通过|完毕|合格|工作结束|活动结束)?|创建(?:工作|活动)?结束|长期(?:有效|设置|保留|存在|张贴|悬挂)?|永久(?:性|保留|设置)?|常年|持续|今|现在|目前|不限|无期限|未定期限|结束)$`)

// openEnd knows the words that stand for "as long as the campaign lasts".
func openEnd(text string) bool {
	if text == "" || text[0] >= '0' && text[0] <= '9' {
		return false
	}
	text = strings.ReplaceAll(text, " ", "")
	for _, p := range []string{"一直", "持续", "直", "截至", "截止", "到", "至"} {
		if rest, ok := strings.CutPrefix(text, p); ok && rest != "" {
			text = rest
		}
	}
	for _, s := range []string{"为止", "止", "后", "时"} {
		text = strings.TrimSuffix(text, s)
	}
	return openEnds.MatchString(text)
}

// numberDate reads a cell stored as a number. Most are serial numbers; some
// are what a person typed and the spreadsheet took for a number.
func numberDate(c Cell, text string, o DateOptions) (time.Time, error) {
	refuse := func(f Fault) (time.Time, error) { return time.Time{}, &CellError{Fault: f, Text: c.Text} }
	serial, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(serial) || math.IsInf(serial, 0) {
		return refuse(NotADate)
	}
	if !c.DateStyle {
		whole := serial == math.Trunc(serial)
		switch {
		case whole && serial >= firstYear*10000 && serial < (lastYear+1)*10000:
			n := int(serial)
			return civil(c.Text, n/10000, n/100%100, n%100)
		case whole && serial >= firstYear*100 && serial < (lastYear+1)*100:
			return refuse(NoDay) // 201409
		case whole && serial >= firstYear && serial <= lastYear:
			return refuse(NoMonth) // 2014
		case !whole && serial >= firstYear && serial < lastYear+1 && len(text) <= len("2014.12"):
			return refuse(NoDay) // 2014.9
		case !whole && serial >= 1 && serial < 13 && len(text) <= len("12.31"):
			return refuse(NoYear) // 9.15
		}
	}
	return serialDate(c.Text, serial, o)
}

// serialDate counts days from the end of 1899, or of 1903. The first system
// has a 29 February 1900 that never was; it lies before any year we take.
func serialDate(cell string, serial float64, o DateOptions) (time.Time, error) {
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if o.Date1904 {
		epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if serial < 0 || serial >= 200_000 {
		return time.Time{}, &CellError{Fault: NotADate, Text: cell}
	}
	// Midnight computed from hours and minutes misses the whole number by a hair,
	// and a spreadsheet shows the next day.
	const halfSecond = 0.5 / 86400
	day := epoch.AddDate(0, 0, int(math.Floor(serial+halfSecond)))
	if day.Year() < firstYear || day.Year() > lastYear {
		return time.Time{}, &CellError{Fault: FarOff, Text: cell, Year: day.Year()}
	}
	return day, nil
}

var digitsOnly = regexp.MustCompile(`^[0-9]+$`)

func textDate(cell, text string, o DateOptions) (time.Time, error) {
	refuse := func(f Fault) (time.Time, error) { return time.Time{}, &CellError{Fault: f, Text: cell} }
	if y, m, d, ok := usualDate(text); ok {
		return civil(cell, y, m, d)
	}
	text = calendarMarks.Replace(text)
	if twoDates.MatchString(text) {
		return refuse(TwoDates)
	}
	text = trimDate(text)
	if rough.MatchString(text) {
		return refuse(Approximate)
	}
	switch {
	case text == "":
		return refuse(NotADate)
	case digitsOnly.MatchString(text):
		return digitDate(cell, text, o)
	}
	if m := separated.FindStringSubmatch(text); m != nil {
		return separatedDate(cell, m[1], m[2], m[3])
	}
	if m := worded.FindStringSubmatch(text); m != nil {
		return wordedDate(cell, m[1], m[2], m[3])
	}
	return refuse(NotADate)
}

// usualDate reads the two forms that nearly all dates have, 2014年9月5日 and
// 2014-9-5, ten times as fast as the expressions for the rest.
func usualDate(text string) (year, month, day int, ok bool) {
	year, text = cutDigits(text, 4)
	if year < 1000 {
		return 0, 0, 0, false
	}
	marks, end := []string{"年", "月"}, "日"
	if text != "" && strings.IndexByte("-./", text[0]) >= 0 {
		marks, end = []string{text[:1], text[:1]}, ""
	}
	var found bool
	if text, found = strings.CutPrefix(text, marks[0]); !found {
		return 0, 0, 0, false
	}
	month, text = cutDigits(text, 2)
	if text, found = strings.CutPrefix(text, marks[1]); !found || month < 0 {
		return 0, 0, 0, false
	}
	day, text = cutDigits(text, 2)
	return year, month, day, day >= 0 && text == end
}

// cutDigits takes up to most digits off a text; the number is -1 when there are none.
func cutDigits(text string, most int) (int, string) {
	n, at := 0, 0
	for at < len(text) && at < most && text[at] >= '0' && text[at] <= '9' {
		n = n*10 + int(text[at]-'0')
		at++
	}
	if at == 0 {
		return -1, text
	}
	return n, text[at:]
}

// trimDate takes away what stands around a date without changing the day.
func trimDate(text string) string {
	text = strings.TrimSpace(timeOfDay.ReplaceAllString(text, "$1"))
	text = strings.TrimSpace(weekday.ReplaceAllString(text, ""))
	for _, p := range []string{"自", "从", "于", "截至", "截止到", "截止", "至", "到"} {
		text = strings.TrimPrefix(text, p)
	}
	for _, s := range []string{"开始", "起始", "结束", "为止", "起", "止", "."} {
		text = strings.TrimSuffix(text, s)
	}
	return strings.ReplaceAll(text, " ", "")
}

// digitDate reads digits without marks: 20140905, or a serial number that came
// as text, as it does in CSV files.
func digitDate(cell, text string, o DateOptions) (time.Time, error) {
	n, err := strconv.Atoi(text)
	if err != nil || len(text) > 8 {
		return time.Time{}, &CellError{Fault: NotADate, Text: cell}
	}
	switch len(text) {
	case 8:
		return civil(cell, n/10000, n/100%100, n%100)
	case 6:
		if y, m := n/100, n%100; y >= firstYear && y <= lastYear && m >= 1 && m <= 12 {
			return time.Time{}, &CellError{Fault: NoDay, Text: cell}
		}
	case 5:
		return serialDate(cell, float64(n), o)
	case 4:
		if n >= firstYear && n <= lastYear {
			return time.Time{}, &CellError{Fault: NoMonth, Text: cell}
		}
	}
	return time.Time{}, &CellError{Fault: NotADate, Text: cell}
}

// separatedDate reads 2014-9-12 and says what is missing in 9.15 and 2014.9.
func separatedDate(cell, a, b, c string) (time.Time, error) {
	refuse := func(f Fault) (time.Time, error) { return time.Time{}, &CellError{Fault: f, Text: cell} }
	switch {
	case len(a) > 4 || len(b) > 4 || len(c) > 4:
		return refuse(NotADate)
	case c == "" && len(a) == 4 && len(b) <= 2:
		return refuse(NoDay)
	case c == "" && len(a) <= 2 && len(b) <= 2:
		return refuse(NoYear)
	case c == "":
		return refuse(NotADate)
	case len(a) <= 2 && len(c) == 4:
		return refuse(YearLast)
	case len(a) <= 2 && len(c) <= 2:
		return refuse(ShortYear)
	case len(a) != 4 || len(b) > 2 || len(c) > 2:
		return refuse(NotADate)
	}
	y, _ := strconv.Atoi(a)
	m, _ := strconv.Atoi(b)
	d, _ := strconv.Atoi(c)
	return civil(cell, y, m, d)
}

// wordedDate reads the parts of 二〇一四年九月二十二日, each "" when it isn't there.
func wordedDate(cell, year, month, day string) (time.Time, error) {
	refuse := func(f Fault) (time.Time, error) { return time.Time{}, &CellError{Fault: f, Text: cell} }
	if year == "" && month == "" {
		return refuse(NotADate)
	}
	y, haveYear := anyNumber(year)
	m, haveMonth := anyNumber(month)
	d, haveDay := anyNumber(day)
	if year != "" && !haveYear {
		if !relative.MatchString(year + "年") {
			return refuse(NotADate)
		}
		year = ""
	}
	if month != "" && !haveMonth || day != "" && !haveDay && !partMonth.MatchString(day) {
		if year == "" && relative.MatchString(month) { // 今9月 and the like
			return refuse(NoYear)
		}
		return refuse(NotADate)
	}
	switch {
	case year == "":
		return refuse(NoYear)
	case len([]rune(year)) == 2 && y < 100:
		return refuse(ShortYear)
	case !haveMonth:
		return refuse(NoMonth)
	case !haveDay:
		return refuse(NoDay)
	}
	return civil(cell, y, m, d)
}

// civil is the day of that name, if the calendar has it.
func civil(cell string, year, month, day int) (time.Time, error) {
	e := &CellError{Text: cell, Year: year, Month: month, Day: day}
	if year < firstYear || year > lastYear {
		e.Fault = FarOff
		return time.Time{}, e
	}
	if month < 1 || month > 12 {
		e.Fault = NoSuchMonth
		return time.Time{}, e
	}
	e.Days = time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	if day < 1 || day > e.Days {
		e.Fault = NoSuchDay
		return time.Time{}, e
	}
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC), nil
}
