package sheet

import (
	"errors"
	"strings"
	"testing"
)

func TestParseQuantity(t *testing.T) {
	check := func(text string, value float64, measure string) {
		t.Helper()
		q, err := ParseQuantity(text)
		if err != nil || q.Value != value || q.Measure != measure {
			t.Errorf("%q: %v %q %v, want %v %q", text, q.Value, q.Measure, err, value, measure)
		}
	}
	refuse := func(text string, fault Fault) {
		t.Helper()
		q, err := ParseQuantity(text)
		if FaultOf(err) != fault {
			t.Errorf("%q: %v %v, want %s", text, q, err, fault)
		}
	}

	// Digits.
	check("24", 24, "")
	check("0", 0, "")
	check("007", 7, "")
	check("72.5", 72.5, "")
	check("0.1", 0.1, "")
	check("1,200", 1200, "")
	check("1,234,567.5", 1234567.5, "")
	check("１２０", 120, "")
	check("１，２００", 1200, "")
	check("１２．５", 12.5, "")
	check("+5", 5, "")
	check("1E+20", 1e20, "") // as a workbook stores it
	check("1.5e-3", 0.0015, "")
	check("0.30000000000000004", 0.30000000000000004, "") // 0.1+0.2, as stored
	check("-0", 0, "")

	// White space and what can't be seen.
	check(" 24 ", 24, "")
	check("\u300024\u3000", 24, "")
	check("\ufeff24\u200b", 24, "")
	check("24\n", 24, "")
	check("\t24\u00a0块", 24, "块")

	// With a measure.
	check("120块", 120, "块")
	check("１２０块", 120, "块")
	check("3 场次", 3, "场次")
	check("30条", 30, "条")
	check("1,200份", 1200, "份")
	check("72.5平方米", 72.5, "平方米")
	check("72㎡", 72, "m2")
	check("72m²", 72, "m2")
	check("72 m2", 72, "m2")
	check("15LED屏", 15, "LED屏")
	check("5公里", 5, "公里")
	check("3千克", 3, "千克") // not 3000 克
	check("20元/块", 20, "元/块")
	check("50%", 50, "%")
	check("2两", 2, "两")
	check("共24块", 24, "块")
	check("合计 24 块", 24, "块")

	// 万 and 亿. The decimal text is read once, so there is no 11000.000000000002.
	check("1.1万", 11000, "")
	check("1.2万份", 12000, "份")
	check("3 万 人次", 30000, "人次")
	check("2亿", 2e8, "")

	// Chinese numerals.
	check("十二块", 12, "块")
	check("十", 10, "")
	check("二十", 20, "")
	check("廿二", 22, "")
	check("两个", 2, "个")
	check("两百", 200, "")
	check("一百零五条", 105, "条")
	check("一百二十", 120, "")
	check("一百二", 120, "") // said for 一百二十
	check("一百零二", 102, "")
	check("一千零五", 1005, "")
	check("一千零五十", 1050, "")
	check("三千二百", 3200, "")
	check("一万二千", 12000, "")
	check("一万零五", 10005, "")
	check("十二万", 120000, "")
	check("一亿二千万", 120000000, "")
	check("二〇", 20, "")
	check("壹佰贰拾块", 120, "块")
	check("零", 0, "")
	check("三场次", 3, "场次")

	// Nothing there.
	for _, s := range []string{"", " ", "\u3000", "\ufeff", "-", "--", "—", "——", "/", "无", "暂无", "空", "n/a", "N/A", "#N/A"} {
		refuse(s, Missing)
	}

	// Not exact.
	for _, s := range []string{
		"约15", "约15块", "大约15", "大概十块", "近20", "20左右", "20块左右", "20余块", "20多条", "二十多", "二十余块", "100以上", "100块以上", "不少于50",
		"至少5", "超过30", "≈15", "~15", "～15", ">15", "≥15", "10-20", "10~20块", "10至20", "10到20块", "10块-20块", "几块", "十几块", "几十块", "数十块", "数百", "15?", "15？",
	} {
		refuse(s, Approximate)
	}

	// Below zero.
	for _, s := range []string{"-5", "－5", "−5", "-5块", "- 5", "负5", "负五块", "-0.1", "-1,200", "-1e5"} {
		refuse(s, Negative)
	}

	// Not finite.
	for _, s := range []string{"1e999", "1E+400", "-1E+400", "inf", "Inf", "+Inf", "-inf", "NaN", "∞", strings.Repeat("9", 400), "1" + strings.Repeat("0", 400) + "块"} {
		refuse(s, NotFinite)
	}

	// More than one.
	for _, s := range []string{"12块3条", "3×4米", "24块(含新增4块)", "24+6", "第1组12块", "2014年9月5日", "6 7"} {
		f := FaultOf(func() error { _, err := ParseQuantity(s); return err }())
		if f != TwoNumbers && f != NotANumber {
			t.Errorf("%q: %s", s, f)
		}
	}
	refuse("12块3条", TwoNumbers)
	refuse("3×4米", TwoNumbers)
	refuse("24块(含新增4块)", TwoNumbers)

	// Not a number.
	for _, s := range []string{
		"块", "abc", "若干", "不详", "待定", "1.2.3", "1,20", "12,34,567", "1,", "1.", ".5.", "#DIV/0!", "#VALUE!", "TRUE", "0x10", "1_000", "=12+20",
		"24块(更新)", "24块，已更新", "一万万万", "百", "一一百", "二十百", "（5）", "24张贴在主干道两侧的宣传栏上", "--5", "负", "0538-0000001",
	} {
		_, err := ParseQuantity(s)
		if f := FaultOf(err); f != NotANumber && f != TwoNumbers {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// TestQuantityWhy: the person sees their own text and what to write instead.
func TestQuantityWhy(t *testing.T) {
	for text, want := range map[string]string{
		"约15":                      "“约15”是大概的说法，请填写确切的数值或日期",
		"-5":                       "“-5”是负数，数量不能小于0，请改正后重传",
		"":                         "没有填写，请补填后重传",
		strings.Repeat("长", 10000): "“" + strings.Repeat("长", 40) + "…”不是数字，请只写数字和量词，如“24块”",
	} {
		_, err := ParseQuantity(text)
		e, ok := errors.AsType[*CellError](err)
		if !ok || e.Why() != want {
			t.Errorf("%q: %v, want %s", shorten(text), err, want)
		}
	}
}

func TestNormalize(t *testing.T) {
	check := func(in, want string) {
		t.Helper()
		if got := Normalize(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	check("", "")
	check("abc", "abc")
	check(" abc ", "abc")
	check("ＡＢＣ１２３", "ABC123")
	check("（㎡）", "(m2)")
	check("\u3000市住建局\u3000", "市住建局")
	check("市\u200b住\u200d建\ufeff局", "市住建局")
	check("a \t\r\n b", "a b")
	check("\u00a0a\u2003b\u00a0", "a b")
	check("\u202aa\u202c", "a") // direction marks from chats
	check("a\u0007b", "ab")
	check("\u200b \u3000", "")
	check("⼆", "二") // a radical that looks like the character
	check("“引号”", "“引号”")
	check("𠮷", "𠮷")
	for _, s := range []string{"ＡＢ　c", " a\u200b b ", "㎡ ㎡"} {
		if once := Normalize(s); Normalize(once) != once {
			t.Errorf("%q: twice isn't once", s)
		}
	}
}
