package sheet

import (
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	day := func(c Cell, want string) {
		t.Helper()
		got, err := ParseDate(c, DateOptions{})
		if err != nil || got.Format(time.RFC3339) != want+"T00:00:00Z" {
			t.Errorf("%+v: %v %v, want %s", c, got, err, want)
		}
	}
	text := func(s, want string) { t.Helper(); day(Cell{Text: s}, want) }
	number := func(s, want string) { t.Helper(); day(Cell{Text: s, Number: true}, want) }
	styled := func(s, want string) { t.Helper(); day(Cell{Text: s, Number: true, DateStyle: true}, want) }
	refuse := func(s string, fault Fault) {
		t.Helper()
		if got, err := ParseDate(Cell{Text: s}, DateOptions{}); FaultOf(err) != fault {
			t.Errorf("%q: %v %v, want %s", s, got, err, fault)
		}
	}

	// The same day, in every way it is written.
	for _, s := range []string{
		"2014年9月5日", "2014年09月05日", "2014年9月5号", "2014年9月5", "2014.9.5", "2014.09.05", "2014-9-5", "2014-09-05", "2014/9/5", "2014/09/05", "20140905",
		"２０１４年９月５日", "２０１４．９．５", "２０１４－９－５", "２０１４／０９／０５", "2014。9。5", "2014·9·5", "2014 年 9 月 5 日", " 2014年9月5日 ", "\u30002014年9月5日\ufeff",
		"2014 - 9 - 5", "2014.9.5.", "二〇一四年九月五日", "二○一四年九月五日", "二零一四年九月五日", "2014年九月五日", "二〇一四年9月5日", "贰零壹肆年玖月伍日",
		"2014-09-05 00:00:00", "2014-09-05T00:00:00", "2014-09-05T16:30:00Z", "2014-09-05T16:30:00.123+08:00", "2014/9/5 8:30", "2014年9月5日 8:30", "2014年9月5日8时30分", "2014年9月 5日", "2014年9月5日 08:30:00", "2014年9月5日 上午9点", "2014年9月5日上午",
		"2014年9月5日 星期五", "2014年9月5日（周五）", "2014年9月5日(星期五)", "自2014年9月5日起", "2014年9月5日起", "从2014.9.5开始", "至2014年9月5日", "截至2014年9月5日", "2014年9月5日止", "41887",
	} {
		text(s, "2014-09-05")
	}

	// Tens in Chinese numerals.
	text("二〇一四年九月二十二日", "2014-09-22")
	text("二○一四年九月廿二日", "2014-09-22")
	text("二〇一四年十月一日", "2014-10-01")
	text("二〇一四年十二月三十一日", "2014-12-31")
	text("二〇一四年十二月卅一日", "2014-12-31")
	text("二〇一四年十一月十日", "2014-11-10")
	text("二〇〇七年二月二十八号", "2007-02-28")

	// Leap years.
	text("2012年2月29日", "2012-02-29")
	text("2000-2-29", "2000-02-29")

	// Serial numbers: 41892 is 2014-09-10 in the published expectation of the messy ledger.
	number("41892", "2014-09-10")
	styled("41892", "2014-09-10")
	styled("41892.75", "2014-09-10") // 18:00
	styled("41892.999", "2014-09-10")
	styled("41892.99999999999", "2014-09-11") // midnight, missed by a hair
	number("41905", "2014-09-23")
	styled("18264", "1950-01-01")
	number("20140905", "2014-09-05") // typed as digits, kept as a number
	number("2.0140905E7", "2014-09-05")
	number("41892.0", "2014-09-10")

	// Days that aren't.
	for _, s := range []string{"2014-09-31", "2014年9月31日", "2014.2.29", "2014-4-31", "20140931", "2014-9-0", "二〇一四年九月三十一日", "2013-02-30"} {
		refuse(s, NoSuchDay)
	}
	for _, s := range []string{"2014-13-01", "2014年0月5日", "20141301", "2014年十三月一日"} {
		refuse(s, NoSuchMonth)
	}

	// Parts that aren't there.
	for _, s := range []string{"9月15日", "九月十五日", "9月15", "9.15", "9-15", "9/15", "09-15", "今年9月15日", "本年9月15日"} {
		refuse(s, NoYear)
	}
	for _, s := range []string{"2014年9月", "2014.9", "2014-09", "2014/9", "201409", "二〇一四年九月", "2014年9月份", "2014年9月初", "2014年9月中旬", "2014年9月底"} {
		refuse(s, NoDay)
	}
	for _, s := range []string{"2014年", "2014", "二〇一四年"} {
		refuse(s, NoMonth)
	}
	for _, s := range []string{"14年9月5日", "14.9.5", "14-9-5", "14/9/5", "一四年九月五日", "9/5/14"} {
		refuse(s, ShortYear)
	}
	for _, s := range []string{"9/5/2014", "05-09-2014", "5.9.2014"} {
		refuse(s, YearLast)
	}

	// Too much, too vague, too far.
	for _, s := range []string{"2014年9月5日至9月30日", "2014年9月5日-2014年9月30日", "2014.9.5-2014.9.30", "2014-9-5至2014-9-30", "2014.9.5~9.30", "9月5日至9月30日", "2014年9月5日、6日", "2014年9月5—8日", "2014年9月5日和9月8日", "2014-9-5-6"} {
		refuse(s, TwoDates)
	}
	for _, s := range []string{"约2014年9月5日", "2014年9月5日左右", "2014年9月5日前", "2014年9月底前", "2014年9月5日?", "2014年9月5日之后"} {
		refuse(s, Approximate)
	}
	for _, s := range []string{"0214年9月5日", "1014-9-5", "2914-9-5", "10140905"} {
		refuse(s, FarOff)
	}
	for _, s := range []string{"", " ", "\u3000", "-", "—", "/", "无", "N/A"} {
		refuse(s, Missing)
	}
	for _, s := range []string{
		"待定", "abc", "年月日", "9", "99", "123", "1234567", "123456789", "#VALUE!", "########", "20145-9-5", "2014-999-5", "2014年9月x日", "某年9月5日", "验收结束", "五日", "2014.9.五", "2014--9--5", "TRUE", "日",
	} {
		_, err := ParseDate(Cell{Text: s}, DateOptions{})
		if FaultOf(err) != NotADate {
			t.Errorf("%q: %v", s, err)
		}
	}

	// Numbers that aren't days.
	for s, want := range map[string]Fault{
		"24": FarOff, "0": FarOff, "60": FarOff, "2014": NoMonth, "2014.9": NoDay, "201409": NoDay, "9.15": NoYear, "-5": NotADate, "1E+20": NotADate, "20140931": NoSuchDay, "300000": NotADate, "73051": FarOff,
	} {
		if got, err := ParseDate(Cell{Text: s, Number: true}, DateOptions{}); FaultOf(err) != want {
			t.Errorf("number %s: %v %v, want %s", s, got, err, want)
		}
	}
	if _, err := ParseDate(Cell{Formula: "=TODAY()"}, DateOptions{}); FaultOf(err) != NotComputed {
		t.Errorf("formula: %v", err)
	}
}

// TestEveryDay goes through 150 years in four spellings and both day counts.
func TestEveryDay(t *testing.T) {
	first := time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC)
	last := time.Date(lastYear, 12, 31, 0, 0, 0, 0, time.UTC)
	for d := first; !d.After(last); d = d.AddDate(0, 0, 1) {
		serial := int(d.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24)
		cells := []Cell{
			{Text: d.Format("2006-01-02")}, {Text: d.Format("2006年1月2日")}, {Text: d.Format("20060102")},
			{Text: strconv.Itoa(serial), Number: true, DateStyle: true},
		}
		for _, c := range cells {
			if got, err := ParseDate(c, DateOptions{}); err != nil || !got.Equal(d) {
				t.Fatalf("%+v: %v %v", c, got, err)
			}
		}
		c := Cell{Text: strconv.Itoa(serial - 1462), Number: true, DateStyle: true}
		if got, err := ParseDate(c, DateOptions{Date1904: true}); err != nil || !got.Equal(d) {
			t.Fatalf("1904: %+v: %v %v", c, got, err)
		}
	}
}

func TestParseEnd(t *testing.T) {
	for _, s := range []string{
		"至验收结束", "验收结束", "至验收", "验收", "长期", "长期有效", "至今", "永久", "常年", "到验收结束", "直至验收结束", "持续到验收结束", "至验收结束为止", "至创建结束", "创建工作结束", "验收通过后", "至验收完成", "至 验收 结束", "\u3000长期\u3000",
	} {
		if day, open, err := ParseEnd(Cell{Text: s}, DateOptions{}); !open || err != nil || !day.IsZero() {
			t.Errorf("%q: %v %v %v", s, day, open, err)
		}
	}
	for _, s := range []string{"2014年12月31日", "至2014年12月31日", "2014-12-31", "42004"} {
		if day, open, err := ParseEnd(Cell{Text: s}, DateOptions{}); open || err != nil || day.Format(time.DateOnly) != "2014-12-31" {
			t.Errorf("%q: %v %v %v", s, day, open, err)
		}
	}
	for s, want := range map[string]Fault{"": Missing, "待定": NotADate, "12月31日": NoYear, "2014年12月底": NoDay, "至": NotADate, "验收前": Approximate} {
		if _, open, err := ParseEnd(Cell{Text: s}, DateOptions{}); open || FaultOf(err) != want {
			t.Errorf("%q: open %v %v, want %s", s, open, err, want)
		}
	}
}

func TestDateWhy(t *testing.T) {
	for text, want := range map[string]string{
		"2014年9月31日": "日期“2014年9月31日”不存在：9月只有30天，请改正后重传",
		"2013-02-29": "日期“2013-02-29”不存在：2013年2月只有28天，请改正后重传",
		"2014-13-01": "日期“2014-13-01”不存在：没有13月，请改正后重传",
		"2014-9-0":   "日期“2014-9-0”不存在：没有0日，请改正后重传",
		"9月15日":      "日期“9月15日”缺少年份，请补上年份，如“2014年9月15日”",
		"二〇一四年九月":    "日期“二〇一四年九月”只写到月，请写到日，如“2014年9月15日”",
		"２０１４年９月３１日": "日期“2014年9月31日”不存在：9月只有30天，请改正后重传",
	} {
		_, err := ParseDate(Cell{Text: text}, DateOptions{})
		e, ok := errors.AsType[*CellError](err)
		if !ok || e.Why() != want {
			t.Errorf("%q: %v", text, err)
		} else if e.Error() != fmt.Sprintf("%q: %s", text, e.Fault) {
			t.Errorf("for the log: %s", e)
		}
	}
}
