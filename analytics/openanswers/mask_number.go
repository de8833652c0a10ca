package openanswers

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// pattern finds one kind of what is told by its digits. Its text is folded with Chinese
// numerals as digits, one rune for one. If it has a group, only that is masked. accept has
// the last word; before and after are the runes around the whole match, 0 at the ends.
type pattern struct {
	mask   Mask
	find   *regexp.Regexp
	accept func(match string, before, after rune) bool
}

const (
	gap   = `[ \-.·•—–_~*]{0,3}`        // between the digits of a telephone number
	count = `[甲乙丙丁]?[0-9十百]{1,5}[a-z]?` // of a house, a door
	house = `(?:号院|号楼|栋|幢|座|#楼?)`
)

// patterns in the order of their certainty: the first gives a joint find its kind.
var patterns = []pattern{
	{Email, regexp.MustCompile(`[a-z0-9][a-z0-9._%+\-]* ?(?:@|\(at\)|\[at\]|艾特) ?[a-z0-9\-]+(?: ?\. ?[a-z0-9\-]+)+`), nil},
	{Email, regexp.MustCompile(`[a-z0-9][a-z0-9._\-]* ?# ?(?:qq|vip|163|126|139|189|sina|sohu|gmail|hotmail|outlook|foxmail)\.(?:com|cn|net)`), nil},
	{Identity, regexp.MustCompile(`\d(?:[ \-]?\d){16}[ \-]?[\dx]|\d{15}`), isIdentity},
	{Account, regexp.MustCompile(`(?:微信|薇信|威信|v信|weixin|wechat|wx|vx|加v)(?:群|号码|号|同号|id|是|为|:|加|我|联系|,| )*([a-z][a-z0-9_\-]{5,19}|[1-9]\d{4,11})`), wholeWord},
	{Account, regexp.MustCompile(`(?:qq|扣扣|企鹅号|群号|q)(?:群|号码|号|是|为|:|加|联系|,| )*([1-9](?:[ \-]?\d){4,10})`), wholeWord},
	{Phone, regexp.MustCompile(`(?:\+?86|0086)?` + gap + `1` + gap + `[3-9](?:` + gap + `\d){9}`), notInNumber},
	{Phone, regexp.MustCompile(`\(?0\d{2,3}\)?[ \-—–]{0,2}[2-9]\d{2,3}[ \-]?\d{4}(?: ?(?:转|ext\.?|-) ?\d{1,5})?`), notInNumber},
	{Phone, regexp.MustCompile(`(?:电话|座机|固话|tel|call|致电|拨打|号码)(?:号码|号|是|为|打|:|,|-| ){0,4}([2-9]\d{2,3}[ \-]?\d{4})`), endsNumber},
	{Phone, regexp.MustCompile(`[48]00[ \-]?\d{3}[ \-]?\d{4}`), notInNumber},
	{Plate, regexp.MustCompile(`[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼] ?[a-hj-np-z][ ·•.\-]{0,2}([a-hj-np-z0-9]{5,6})[学警港澳挂领]?`), isPlate},
	{Door, regexp.MustCompile(count + house + `[ ,]?(?:` + count + `|[东西中南北])单元(?:[ ,]?` + count + `[楼层])?(?:[ ,]?(?:[东西中]户|` + count + `(?:室|户|号|房)?))?`), notInNumber},
	{Door, regexp.MustCompile(count + house + `[ ,\-]?(?:\d{1,2}-)?\d{3,4}(?:室|户|房)?`), notInNumber},
	{Door, regexp.MustCompile(`(?:[0-9十]{1,2}|[东西])单元[ ,]?(?:` + count + `[楼层][ ,]?)?(?:[东西中]户|` + count + `(?:室|户|号|房)?)?`), isUnit},
	{Door, regexp.MustCompile(`\d{3,4}室`), notInNumber},
	{Door, regexp.MustCompile(`\d{1,2}-\d{1,2}-\d{3,4}[室户]?`), isDashed},
	{Door, regexp.MustCompile(`(?:路|街|大道|巷|弄|胡同|村|庄|屯|寨|小区|花园|苑) ?(` + count + `(?:-\d{1,3})?号(?:院|附\d+)?(?:\d{1,2}号楼)?)(?:门口|门前|门外)?`), isDoor},
	{Class, regexp.MustCompile(`\d{1,2}年级 ?\(?[0-9十]{1,2}\)? ?班|[1-9]年\(?\d{1,2}\)?班`), isClass},
	{Class, regexp.MustCompile(`[初高小] ?[1-6](?:年级)? ?\(?\d{1,2}\)?班|[1-9][(.]\d{1,2}\)?班|[1-9]\d{2}班`), isClass},
	{Class, regexp.MustCompile(`(?:20)?\d{2}级 ?\(?\d{1,2}\)?班|[大中小]\(?[1-9]\)?班`), isClass},
	{Number, regexp.MustCompile(`\d{11,}|\d{4}(?:[ \-]\d{4}){3}(?:[ \-]\d{1,3})?`), nil},
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }
func isAlnum(r rune) bool { return isDigit(r) || r >= 'a' && r <= 'z' }

func notInNumber(_ string, before, after rune) bool { return !isDigit(before) && !isDigit(after) }
func endsNumber(_ string, _, after rune) bool       { return !isDigit(after) }
func wholeWord(_ string, before, after rune) bool   { return !isAlnum(before) && !isAlnum(after) }

// isIdentity knows numbers of 18 characters by their check digit (GB 11643-1999, ISO 7064
// MOD 11-2), and those of 15 or with a wrong one by their date of birth: a number that was
// mistyped in one place still names its owner.
func isIdentity(match string, before, after rune) bool {
	if isAlnum(before) || isAlnum(after) {
		return false
	}
	number := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, match)
	if len(number) == 18 && checkDigit(number[:17]) == number[17] {
		return true
	}
	born := number[6:]
	if len(number) == 15 {
		born = "19" + born
	}
	year, month, day := born[:2], born[4:6], born[6:8]
	return number[0] >= '1' && number[0] <= '8' && (year == "18" || year == "19" || year == "20") &&
		month >= "01" && month <= "12" && day >= "01" && day <= "31"
}

func checkDigit(number string) byte {
	sum := 0
	for i, weight := range [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += weight * int(number[i]-'0')
	}
	return "10x98765432"[sum%11]
}

func isPlate(match string, _, after rune) bool {
	return !isAlnum(after) && strings.ContainsFunc(match, isDigit)
}

// isUnit: 第3单元 is a chapter.
func isUnit(_ string, before, after rune) bool {
	return before != '第' && !isDigit(before) && !isDigit(after)
}

// isDashed: 8-2-601 is a door, 8-2-2014 a date.
func isDashed(match string, before, after rune) bool {
	last := match[strings.LastIndexByte(match, '-')+1:]
	year := len(last) == 4 && (last[:2] == "19" || last[:2] == "20")
	return !year && !isDigit(before) && !isDigit(after) && before != '-' && after != '-'
}

// isDoor: 沿河路6号桥 is no door, and 全村12号停水 a day.
func isDoor(_ string, _, after rune) bool {
	return !strings.ContainsRune("线井桥闸口站坝点机泵文车厅门灯杆楼停起前后到至晚早上下左之开才就来", after)
}

// isClass: 小一班车, 三班次.
func isClass(_ string, before, after rune) bool {
	return !isDigit(before) && !strings.ContainsRune("车次倒岗", after)
}

// numbers finds what is told by its digits, in the order of patterns.
func (r *reading) numbers() []span {
	digits := make([]rune, len(r.text))
	signs, marks := 0, false
	for i, c := range r.text {
		digits[i] = digit(c)
		if isAlnum(digits[i]) {
			signs++
		}
		marks = marks || strings.ContainsRune("号班单室", c)
	}
	if signs < 4 && !marks { // the shortest of the rest is q and five digits; most answers end here
		return nil
	}
	t := locate(digits)
	var found []span
	for _, p := range patterns {
		for from := 0; from < len(t.text); {
			m := p.find.FindStringSubmatchIndex(t.text[from:])
			if m == nil {
				break
			}
			start, end := from+m[0], from+m[1]
			first, last := t.rune(start), t.rune(end)
			if p.accept != nil && !p.accept(t.text[start:end], runeAt(digits, first-1), runeAt(digits, last)) {
				_, size := utf8.DecodeRuneInString(t.text[start:])
				from = start + size // a match may begin within this one
				continue
			}
			if len(m) > 2 && p.mask != Plate { // the group alone
				first = t.rune(from + m[2])
				last = t.rune(from + m[3])
			}
			found = append(found, span{first, last, p.mask})
			from = end
		}
	}
	return found
}

func runeAt(text []rune, i int) rune {
	if i < 0 || i >= len(text) {
		return 0
	}
	return text[i]
}

// located is a string that knows which rune a byte belongs to.
type located struct {
	text  string
	runes []int32 // by byte, and one more
}

func locate(runes []rune) located {
	t := located{text: string(runes)}
	t.runes = make([]int32, len(t.text)+1)
	n := int32(-1)
	for i := range len(t.text) {
		if t.text[i]&0xc0 != 0x80 {
			n++
		}
		t.runes[i] = n
	}
	t.runes[len(t.text)] = n + 1
	return t
}

func (t located) rune(byte int) int { return int(t.runes[byte]) }
