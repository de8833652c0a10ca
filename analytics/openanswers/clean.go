package openanswers

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Clean makes a text fit to be printed without changing what it says: no control characters,
// no marks that turn the direction of writing or can't be seen, one space for several, at
// most three of one punctuation mark or picture in a row. Line breaks stay. The brackets 〔〕
// become ［］, so that each 〔…〕 of a printed text is a mask of ours.
func Clean(text string) string {
	text = norm.NFC.String(strings.ToValidUTF8(text, ""))
	var b strings.Builder
	b.Grow(len(text))
	var last rune // written last; 0 before the first
	run, accents := 0, 0
	for _, r := range text {
		if r = printable(r); r == 0 {
			continue
		}
		if unicode.Is(unicode.M, r) {
			if accents++; last == 0 || accents > 2 { // towers of accents cover other lines
				continue
			}
		} else {
			accents = 0
		}
		if isBlank(r) && (last == 0 || isBlank(last)) {
			continue
		}
		if run++; r != last {
			run = 1
		}
		if run > 3 && (unicode.IsPunct(r) || unicode.IsSymbol(r)) {
			continue
		}
		b.WriteRune(r)
		last = r
	}
	return strings.TrimRight(b.String(), " \n")
}

func isBlank(r rune) bool { return r == ' ' || r == '\n' }

// printable is what stands for the character in print, 0 for nothing.
func printable(r rune) rune {
	switch {
	case r == '〔':
		return '［'
	case r == '〕':
		return '］'
	case r == '\n' || r == '\u2028' || r == '\u2029' || r == '\v' || r == '\f' || r == '\u0085' || r == '\r':
		return '\n'
	case unicode.IsSpace(r) || r == '\u3164' || r == '\u2800': // two that look like a space
		return ' '
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Variation_Selector), r == '\ufffc', r == utf8.RuneError:
		return 0
	}
	return r
}

// fold gives one character for another that a reader takes for the same: half width for
// full width, small for large.
func fold(r rune) rune {
	switch {
	case r < 0x80, r >= 0x4e00 && r <= 0x9fff:
	case r >= 0xff01 && r <= 0xff5e:
		r -= 0xfee0
	default:
		if s := norm.NFKC.String(string(r)); utf8.RuneCountInString(s) == 1 {
			r, _ = utf8.DecodeRuneInString(s)
		}
	}
	return unicode.ToLower(r)
}

// folded folds a text rune for rune.
func folded(text string) string { return strings.Map(fold, text) }

const numerals = "零〇一壹幺二贰三叁四肆五伍六陆七柒八捌九玖"

var numeralValues = []rune("001112233445566778899")

// digit gives the ASCII digit for a digit of any writing, Chinese numerals too; any other
// character folded.
func digit(r rune) rune {
	if r = fold(r); r < 0x80 {
		return r
	}
	if i := strings.IndexRune(numerals, r); i >= 0 {
		return numeralValues[i/3] // each of them is three bytes
	}
	if unicode.Is(unicode.Nd, r) {
		for _, block := range unicode.Nd.R16 {
			if uint16(r) >= block.Lo && uint16(r) <= block.Hi && r <= 0xffff {
				return '0' + (r-rune(block.Lo))%10
			}
		}
	}
	return r
}

// bare leaves letters and digits: what two sheets have in common if they say the same.
func bare(clean string) string {
	return strings.Map(func(r rune) rune {
		if r = fold(r); unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return -1
	}, clean)
}

// nothing is an answer that has no suggestion: built from its parts, and nothing else in it,
// for 没有垃圾桶 and 无人管理 are suggestions.
var nothing = regexp.MustCompile(`^(?:` +
	`(?:我|本人|个人|目前|暂时|现在|这方面|对此|也|都|真的|确实)*` +
	`(?:暂无|暂没有|没有|没得|木有|没|无)` +
	`(?:任何|什么|啥|其他|其它|别的|更多|太多|特别|更好|好)*的?` +
	`(?:意见|建议|想法|看法|要求|需求|问题|异议|不满|补充|提议|可说|可提|想说|要说)?的?` +
	`(?:(?:和|或者|或|与|及|也没有|也没|没)?(?:意见|建议|想法|看法|要求|需求|补充|提议))?` +
	`(?:了|的|啊|呀|哦|呢|吧|哈)*` +
	`)+$|^(?:no|none|nil|na|nothing|没事|没啥|没什么|无可奉告|略|空|无所谓|暂时没想到|没想到|想不出来|没想好)$`)

var unsure = regexp.MustCompile(`^(?:我|本人|也|真|都|对此)*(?:不知道|不清楚|不太清楚|不了解|不太了解|不懂|说不清楚?|说不好|说不上来|不好说|不晓得)(?:怎么说|说什么|该说什么|写什么)?(?:了|的|啊|呢|吧)*$`)

// kindOf tells what sort of answer a clean text is.
func kindOf(clean string) Kind {
	if clean == "" {
		return Blank
	}
	text := bare(clean)
	switch {
	case !strings.ContainsFunc(text, unicode.IsLetter):
		return Wordless
	case len(text) > 300: // 100 characters say something
		return Said
	case nothing.MatchString(text):
		return Nothing
	case unsure.MatchString(text):
		return Unsure
	}
	return Said
}
