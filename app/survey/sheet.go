package survey

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"shuixuan/app/problem"
)

// Sheet is a numbered sheet of paper of a wave as it stands now. That it was entered, its
// response says: a sheet and what stands on it are two things, and either may exist alone.
type Sheet struct {
	Number      string    `json:"number"`
	Revision    uint32    `json:"revision"`
	Version     uint32    `json:"version"` // of the questionnaire that was printed
	Young       bool      `json:"young,omitempty"`
	Stratum     string    `json:"stratum,omitempty"`
	Area        string    `json:"area,omitempty"`
	Distributor string    `json:"distributor,omitempty"`
	Issued      bool      `json:"issued"`
	Returned    bool      `json:"returned"`
	Void        bool      `json:"void"`
	Reason      string    `json:"reason,omitempty"`
	Archive     string    `json:"archive,omitempty"`
	Step        SheetStep `json:"step"` // what made this revision
	RecordedAt  time.Time `json:"recorded_at"`
	RecordedBy  string    `json:"recorded_by"`
}

// SheetStep is something that is done with sheets of paper.
type SheetStep string

// The closed list of steps.
const (
	PrintSheets   SheetStep = "print"
	IssueSheets   SheetStep = "issue"
	ReturnSheets  SheetStep = "return"
	VoidSheets    SheetStep = "void"
	ArchiveSheets SheetStep = "archive"
)

// SheetSteps are the steps in the order of a sheet's life.
var SheetSteps = []SheetStep{PrintSheets, IssueSheets, ReturnSheets, VoidSheets, ArchiveSheets}

// SheetStepNames are the words for people.
var SheetStepNames = map[SheetStep]string{PrintSheets: "编印", IssueSheets: "发出", ReturnSheets: "收回", VoidSheets: "作废", ArchiveSheets: "归档"}

// State says in a word where the sheet is.
func (s Sheet) State() string {
	switch {
	case s.Void:
		return "作废"
	case s.Archive != "":
		return "已归档"
	case s.Returned:
		return "已收回"
	case s.Issued:
		return "在外"
	}
	return "未发出"
}

// Limits of the numbers of sheets.
const (
	maxPrefix = 8
	maxDigits = 9
	// MostSheets is how many sheets one step may touch.
	MostSheets = 10_000
)

var numberForm = regexp.MustCompile(`^([A-Z\p{Han}]{0,8}?)([0-9]{1,9})$`)

// SheetNumber gives a number as it is kept, whatever width its characters were typed in.
func SheetNumber(text string) string {
	return strings.ToUpper(strings.Join(strings.Fields(norm.NFKC.String(clean(text))), ""))
}

// Span is a run of numbers with one beginning and one width: A0001 to A0500.
type Span struct {
	Prefix      string `json:"prefix,omitempty"`
	First, Last int
	Digits      int
}

// parts splits a number; ok is false for one that is not counted.
func parts(number string) (prefix string, value, digits int, ok bool) {
	found := numberForm.FindStringSubmatch(SheetNumber(number))
	if found == nil {
		return "", 0, 0, false
	}
	value, _ = strconv.Atoi(found[2]) // nine digits fit
	return found[1], value, len(found[2]), true
}

// Number is that of the n-th sheet by value.
func (s Span) number(value int) string { return fmt.Sprintf("%s%0*d", s.Prefix, s.Digits, value) }

// Count is how many sheets the run has.
func (s Span) Count() int { return s.Last - s.First + 1 }

// Numbers lists the numbers of the run.
func (s Span) Numbers() []string {
	list := make([]string, 0, s.Count())
	for v := s.First; v <= s.Last; v++ {
		list = append(list, s.number(v))
	}
	return list
}

// From and To are its ends.
func (s Span) From() string { return s.number(s.First) }

// To is the last number of the run.
func (s Span) To() string { return s.number(s.Last) }

// String is the run as people write it.
func (s Span) String() string {
	if s.First == s.Last {
		return s.From()
	}
	return s.From() + "–" + s.To()
}

var spanMarks = strings.NewReplacer("－", "-", "–", "-", "—", "-", "―", "-", "~", "-", "～", "-", "至", "-", "到", "-", "、", ",", "，", ",", "；", ",", ";", ",")

// ParseSpans reads numbers as people write them: 0001-0050、0052，A060至A070.
func ParseSpans(text string) ([]Span, error) {
	var list []Span
	total := 0
	f := &faults{}
	for _, part := range strings.FieldsFunc(spanMarks.Replace(norm.NFKC.String(clean(text))), func(c rune) bool { return c == ',' || c == '\n' || c == '\t' }) {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		first, last, ranged := strings.Cut(part, "-")
		if !ranged {
			last = first
		}
		prefix, from, digits, ok := parts(first)
		tail, to, width, fine := parts(last)
		switch {
		case !ok || !fine:
			f.add("numbers", "“%s”不是编号，请写成 0001 或 0001-0050，前面可以有不超过%d个字母或汉字", short(part), maxPrefix)
			continue
		case tail != "" && tail != prefix:
			f.add("numbers", "“%s”两头的字母不一样，请分开写", short(part))
			continue
		case to < from:
			f.add("numbers", "“%s”后面的编号比前面的小，请核对", short(part))
			continue
		}
		if digits < width {
			digits = width
		}
		if total += to - from + 1; total > MostSheets {
			f.add("numbers", "一次最多%d张，请分几次登记", MostSheets)
			break
		}
		list = append(list, Span{Prefix: prefix, First: from, Last: to, Digits: digits})
	}
	if len(list) == 0 && len(f.list) == 0 {
		f.add("numbers", "没有写编号，请写成 0001-0050 的样子")
	}
	if len(f.list) > 0 {
		return nil, problem.Invalid("编号读不出来", "请按提示改正后再登记，系统没有改动任何内容。", f.list...)
	}
	return list, nil
}

// candidates are the ways in which the number of one sheet may be kept: people write 17
// for 0017.
func candidates(number string) []string {
	number = SheetNumber(number)
	prefix, value, _, ok := parts(number)
	if !ok {
		return []string{number}
	}
	list := make([]string, 0, maxDigits)
	for digits := len(strconv.Itoa(value)); digits <= maxDigits; digits++ {
		list = append(list, fmt.Sprintf("%s%0*d", prefix, digits, value))
	}
	return list
}

// SpansOf joins sheets that follow each other and are alike, by what alike says of two.
func SpansOf(sheets []Sheet, alike func(a, b Sheet) bool) [][]Sheet {
	sheets = slices.Clone(sheets)
	slices.SortFunc(sheets, bySheetNumber)
	var runs [][]Sheet
	for i, s := range sheets {
		if i > 0 && follows(sheets[i-1].Number, s.Number) && alike(sheets[i-1], s) {
			runs[len(runs)-1] = append(runs[len(runs)-1], s)
			continue
		}
		runs = append(runs, []Sheet{s})
	}
	return runs
}

// SpanOf is the run that sheets in one piece make.
func SpanOf(run []Sheet) Span {
	prefix, first, digits, _ := parts(run[0].Number)
	_, last, _, _ := parts(run[len(run)-1].Number)
	return Span{Prefix: prefix, First: first, Last: last, Digits: digits}
}

func bySheetNumber(a, b Sheet) int { return CompareNumbers(a.Number, b.Number) }

// CompareNumbers orders the numbers of sheets as people count: A2 before A10.
func CompareNumbers(a, b string) int {
	prefix, value, _, ok := parts(a)
	other, second, _, fine := parts(b)
	if !ok || !fine {
		return cmp.Or(cmp.Compare(btoi(!ok), btoi(!fine)), strings.Compare(a, b))
	}
	return cmp.Or(strings.Compare(prefix, other), cmp.Compare(value, second), strings.Compare(a, b))
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func follows(a, b string) bool {
	prefix, value, digits, ok := parts(a)
	other, second, width, fine := parts(b)
	return ok && fine && prefix == other && digits == width && second == value+1
}

// numerals are the digits in words, so that a smudged 1 is no 7.
var numerals = []rune("零一二三四五六七八九")

// NumberWords says a number digit by digit: 0017 is 零零一七.
func NumberWords(number string) string {
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return numerals[c-'0']
		}
		return c
	}, number)
}

// sheetCode begins what the code on a sheet says.
const sheetCode = "shuixuan:"

// SheetCode is what the QR code of a sheet holds: campaign, wave, number and version.
func SheetCode(campaign string, wave WaveID, number string, version uint32) string {
	return fmt.Sprintf("%s%s/%s/%s/%d", sheetCode, campaign, wave, number, version)
}

// ReadSheetCode reads what a scanner has typed; ok is false where it is a plain number.
func ReadSheetCode(text string) (campaign string, wave WaveID, number string, version uint32, ok bool) {
	rest, found := strings.CutPrefix(strings.TrimSpace(text), sheetCode)
	words := strings.Split(rest, "/")
	if !found || len(words) != 4 {
		return "", "", "", 0, false
	}
	v, err := strconv.ParseUint(words[3], 10, 32)
	return words[0], WaveID(words[1]), words[2], uint32(v), err == nil
}

// Doubled tells whether a sheet is among those that another person enters once more. It is
// told from its number, so that the sample is the same for everybody and nobody picks it.
func (w Wave) Doubled(campaign, number string) bool {
	h := fnv.New32a()
	fmt.Fprintf(h, "%s/%s/%s", campaign, w.ID, number)
	mixed := h.Sum32() // numbers in a row differ in their last byte only: spread it
	mixed ^= mixed >> 16
	mixed *= 0x7feb352d
	mixed ^= mixed >> 15
	mixed *= 0x846ca68b
	mixed ^= mixed >> 16
	return int(mixed%100) < w.Double
}

// checkText refuses what can't be kept beside a sheet.
func checkText(f *faults, field, name, text string, limit int) {
	if utf8.RuneCountInString(text) > limit {
		f.add(field, "%s超过%d个字，请缩短", name, limit)
	}
	if why := unshowable(text); why != "" {
		f.add(field, "%s里%s，请删去后重新填写", name, why)
	}
}
