package sheet

import (
	"strconv"
	"strings"
)

// Chinese numerals, as far as quantities and dates need them: positional ones
// (一百二十) up to 亿, digit by digit ones (二〇一四), the tens of calendars
// (廿二), and the ones of receipts (壹佰贰拾).

func chineseDigit(r rune) (int, bool) {
	switch r {
	case '〇', '零', '○', '◯', '０':
		return 0, true
	case '一', '壹':
		return 1, true
	case '二', '贰', '两', '貳', '兩':
		return 2, true
	case '三', '叁', '參':
		return 3, true
	case '四', '肆':
		return 4, true
	case '五', '伍':
		return 5, true
	case '六', '陆', '陸':
		return 6, true
	case '七', '柒':
		return 7, true
	case '八', '捌':
		return 8, true
	case '九', '玖':
		return 9, true
	}
	return 0, false
}

func chineseUnit(r rune) (int, bool) {
	switch r {
	case '十', '拾':
		return 10, true
	case '百', '佰':
		return 100, true
	case '千', '仟':
		return 1000, true
	case '万', '萬':
		return 1_0000, true
	case '亿', '億':
		return 1_0000_0000, true
	}
	return 0, false
}

// chineseNumber reads a numeral and nothing else.
func chineseNumber(s string) (int, bool) {
	s = strings.NewReplacer("廿", "二十", "卅", "三十").Replace(s)
	runes := []rune(s)
	if len(runes) == 0 || len(runes) > 16 {
		return 0, false
	}
	if n, ok := digitByDigit(runes); ok {
		return n, true
	}
	total, section, digit := 0, 0, -1 // digit is -1 when there is none before a unit
	unit, zero := 0, false            // the unit before, and whether a 零 came after it
	top := 1 << 62
	for _, r := range runes {
		if d, ok := chineseDigit(r); ok {
			if digit >= 0 && digit != 0 {
				return 0, false
			}
			zero = zero || d == 0
			digit = d
			continue
		}
		u, ok := chineseUnit(r)
		if !ok {
			return 0, false
		}
		if u >= 1_0000 {
			section += max(digit, 0)
			if section == 0 || u >= top {
				return 0, false
			}
			total, section, top = total+section*u, 0, u
		} else {
			if unit > 0 && unit < 1_0000 && u >= unit {
				return 0, false
			}
			if digit < 0 && u == 10 { // 十二
				digit = 1
			}
			if digit <= 0 {
				return 0, false
			}
			section += digit * u
		}
		digit, unit, zero = -1, u, false
	}
	if digit > 0 && unit >= 100 && !zero { // 一百二 is said for 一百二十
		digit *= unit / 10
	}
	return total + section + max(digit, 0), true
}

// digitByDigit reads 二〇一四, and a single digit.
func digitByDigit(runes []rune) (int, bool) {
	if len(runes) > 9 {
		return 0, false
	}
	n := 0
	for _, r := range runes {
		d, ok := chineseDigit(r)
		if !ok || len(runes) > 1 && (r == '两' || r == '兩') {
			return 0, false
		}
		n = n*10 + d
	}
	return n, true
}

// leadingNumeral cuts the Chinese numeral a text starts with from the rest.
func leadingNumeral(s string) (numeral, rest string) {
	for i, r := range s {
		_, digit := chineseDigit(r)
		_, unit := chineseUnit(r)
		if !digit && !unit && r != '廿' && r != '卅' {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// anyNumber reads digits or a Chinese numeral.
func anyNumber(s string) (int, bool) {
	if n, err := strconv.Atoi(s); err == nil && len(s) <= 8 && s[0] >= '0' && s[0] <= '9' {
		return n, true
	}
	return chineseNumber(s)
}
