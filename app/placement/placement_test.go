package placement_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
	"shuixuan/seeds/sample"
)

type bend = func(p *placement.Placement)

// fields names the places of faults, in order.
func fields(faults []problem.Fault) string {
	var names []string
	for _, f := range faults {
		names = append(names, f.Field)
	}
	return strings.Join(names, " ")
}

func area(v float64) bend { return func(p *placement.Placement) { p.AreaM2 = &v } }

func quantity(v float64) bend { return func(p *placement.Placement) { p.Quantity = v } }

func at(longitude, latitude float64, datum placement.Datum) bend {
	return func(p *placement.Placement) {
		p.Position = &placement.Position{Longitude: longitude, Latitude: latitude, Datum: datum}
	}
}

func flight(start, end string) bend {
	return func(p *placement.Placement) {
		p.Start, p.End = sample.Day(start), time.Time{}
		if end != "" {
			p.End = sample.Day(end)
		}
	}
}

// The sample is right; each case bends it in one place and names the field that the
// fault must stand at, and words that its reason must hold.
func TestEachFaultIsToldAtItsField(t *testing.T) {
	cases := []struct {
		name   string
		bend   bend
		fields string
		why    string
	}{
		{"the sample itself", func(*placement.Placement) {}, "", ""},
		{"no task", func(p *placement.Placement) { p.Task = "" }, "task", "缺少任务"},
		{"a task of another plan", func(p *placement.Placement) { p.Task = "自治1" }, "task", "“自治1”不是本活动的任务"},
		{"no unit", func(p *placement.Placement) { p.Unit = "" }, "unit", "缺少责任单位"},
		{"an unknown unit", func(p *placement.Placement) { p.Unit = "tiyuju" }, "unit", "“tiyuju”不是本活动的责任单位"},
		{"a collective can't put anything up", func(p *placement.Placement) { p.Unit = "shizhi" }, "unit", "合称"},
		{"a unit that the task isn't given to", func(p *placement.Placement) { p.Unit = "jiaoyuju" }, "unit", "“市教育局”不承担任务“社会宣传1”"},
		{"a collective on an open task", func(p *placement.Placement) { p.Task, p.Unit = "社会宣传3", "shizhi" }, "unit", "合称"},
		{"any unit where the lead is a collective without members", func(p *placement.Placement) { p.Task, p.Unit = "社会宣传2", "jiaoyuju" }, "", ""},
		{"any unit where the plan names no lead", func(p *placement.Placement) { p.Task, p.Unit = "社会宣传3", "jiaoyuju" }, "", ""},

		{"no carrier", func(p *placement.Placement) { p.Carrier, p.CarrierText = "", " 　" }, "carrier", "缺少宣传形式"},
		{"a carrier that isn't listed", func(p *placement.Placement) { p.Carrier, p.CarrierText = "", "充气拱门" }, "", ""},
		{"a carrier of 200 characters", func(p *placement.Placement) { p.CarrierText = strings.Repeat("栏", 200) }, "", ""},
		{"a carrier of 201 characters", func(p *placement.Placement) { p.CarrierText = strings.Repeat("栏", 201) }, "carrier", "宣传形式超过200个字"},
		{"no place", func(p *placement.Placement) { p.Place = "\t" }, "place", "缺少设置地点"},
		{"a place of 200 characters", func(p *placement.Placement) { p.Place = strings.Repeat("路", 200) }, "", ""},
		{"a place of 201 characters", func(p *placement.Placement) { p.Place = strings.Repeat("路", 201) }, "place", "设置地点超过200个字"},
		{"a size of 201 characters", func(p *placement.Placement) { p.Size = strings.Repeat("3", 201) }, "size", "规格超过200个字"},
		{"a remark of 2000 characters", func(p *placement.Placement) { p.Remark = strings.Repeat("注", 2000) }, "", ""},
		{"a remark of 2001 characters", func(p *placement.Placement) { p.Remark = strings.Repeat("注", 2001) }, "remark", "超过2000个字"},

		{"lines in a remark", func(p *placement.Placement) { p.Remark = "第一行\r\n第二行\t完" }, "", ""},
		{"a NUL in a place", func(p *placement.Placement) { p.Place = "河边\x00公园" }, "place", "控制字符"},
		{"an escape in a remark", func(p *placement.Placement) { p.Remark = "\x1b[31m" }, "remark", "控制字符"},
		{"bytes that are no text", func(p *placement.Placement) { p.CarrierText = "宣\xff" }, "carrier", "控制字符"},

		{"no number", quantity(math.NaN()), "quantity", "不是数字"},
		{"without end", quantity(math.Inf(1)), "quantity", "不是数字"},
		{"nothing", quantity(0), "quantity", "大于0"},
		{"less than nothing", quantity(-3), "quantity", "大于0"},
		{"ten million", quantity(10_000_000), "", ""},
		{"more than ten million", quantity(10_000_000.001), "quantity", "多写了位数"},
		{"a thousandth", quantity(0.001), "", ""},
		{"four decimals", quantity(1.0005), "quantity", "3位小数"},
		{"four decimals of a large number", quantity(9_999_998.1234), "quantity", "3位小数"},
		{"less than any thousandth", quantity(1e-10), "quantity", "3位小数"},
		{"15 digits of a spreadsheet", quantity(89.60000000000001), "", ""},
		{"15 digits of a large number", quantity(9_999_999.12300001), "", ""},
		{"a sum that binary numbers can't hold", quantity(0.1 + 0.2), "", ""},
		{"three decimals of a large number", quantity(9_999_999.123), "", ""},
		{"no measure", func(p *placement.Placement) { p.Measure = "" }, "measure", "缺少计量单位"},
		{"an unknown measure", func(p *placement.Placement) { p.Measure = "坨" }, "measure", "“坨”不在名单里"},
		{"an area of nothing", area(0), "", ""},
		{"a negative area", area(-0.5), "area_m2", "平方米"},
		{"an area that is no number", area(math.NaN()), "area_m2", "平方米"},
		{"an area without end", area(math.Inf(1)), "area_m2", "平方米"},

		{"no start", func(p *placement.Placement) { p.Start = time.Time{} }, "start", "缺少开始日期"},
		{"a start of another century", flight("1914-09-05", ""), "start", "1914"},
		{"a start after 2100", flight("2101-01-01", ""), "start", "2101"},
		{"an end before the start", flight("2014-09-05", "2014-09-04"), "end", "2014-09-04早于开始日期2014-09-05"},
		{"one day", flight("2014-09-05", "2014-09-05"), "", ""},
		{"an end after 2100", flight("2014-09-05", "2104-09-05"), "end", "2104"},
		{"an end after 2100 and no start", func(p *placement.Placement) { p.Start, p.End = time.Time{}, sample.Day("2104-09-05") }, "start end", "2104"},

		{"a position of a phone", at(116.77, 36.18, placement.WGS84), "", ""},
		{"a position of 高德", at(116.77, 36.18, placement.GCJ02), "", ""},
		{"a position of 百度", at(116.77, 36.18, placement.BD09), "", ""},
		{"an unknown datum", at(116.77, 36.18, "cgcs2000"), "position", "“cgcs2000”不认识"},
		{"no datum", at(116.77, 36.18, ""), "position", "坐标系"},
		{"a phone that found nothing", at(0, 0, placement.WGS84), "position", "重新定位"},
		{"on the equator", at(116.77, 0, placement.WGS84), "", ""},
		{"no longitude", at(math.NaN(), 36.18, placement.WGS84), "position", "重新定位"},
		{"no latitude", at(116.77, math.NaN(), placement.WGS84), "position", "重新定位"},
		{"longitude and latitude exchanged", at(36.18, 116.77, placement.WGS84), "position", "重新定位"},
		{"off the globe", at(180.1, 36.18, placement.WGS84), "position", "重新定位"},
	}
	for _, c := range cases {
		p := sample.Placement(c.bend)
		faults := p.Validate(sample.Plan())
		if got := fields(faults); got != c.fields {
			t.Errorf("%s: faults at %q, want %q: %v", c.name, got, c.fields, faults)
			continue
		}
		if len(faults) > 0 && !strings.Contains(faults[len(faults)-1].Why, c.why) {
			t.Errorf("%s: %q doesn't say %q", c.name, faults[len(faults)-1].Why, c.why)
		}
	}
}

// One sending tells everything, in the order in which a person fills the form; the
// order is the same each time, or a page would change under the reader.
func TestAllFaultsAreToldAtOnce(t *testing.T) {
	long := strings.Repeat("长", 201)
	p := placement.Placement{CarrierText: long, Place: long, Size: long, Remark: strings.Repeat("长", 2001), AreaM2: new(float64),
		End: sample.Day("2101-01-01"), Position: &placement.Position{Longitude: 200, Datum: "x"}}
	*p.AreaM2 = -1
	const want = "task unit carrier place size remark quantity measure area_m2 start end position position"
	for range 20 {
		if got := fields(p.Validate(sample.Plan())); got != want {
			t.Fatalf("faults at %q, want %q", got, want)
		}
	}
}

// A collective stands for its members, whether it leads or assists.
func TestMembersOfACollectiveMayLog(t *testing.T) {
	units := sample.Units()
	units[3].Members = []org.UnitID{"jiaoyuju"}
	tasks := []campaign.Task{
		sample.Task(func(t *campaign.Task) { t.Code, t.Lead = "led", []org.UnitID{"shizhi"} }),
		sample.Task(func(t *campaign.Task) {
			t.Code, t.Lead, t.Assisting = "assisted", []org.UnitID{"dongjie"}, []org.UnitID{"shizhi"}
		}),
	}
	plan := campaign.NewPlan(sample.Campaign(), tasks, sample.Carriers(), org.NewResolver(units))
	check := func(task campaign.TaskCode, unit org.UnitID, want string) {
		t.Helper()
		p := sample.Placement(func(p *placement.Placement) { p.Task, p.Unit = task, unit })
		if got := fields(p.Validate(plan)); got != want {
			t.Errorf("%s on %s: faults at %q, want %q", unit, task, got, want)
		}
	}
	check("led", "jiaoyuju", "")          // the only member
	check("led", "shuiliju", "unit")      // no member, and the members are known
	check("assisted", "jiaoyuju", "")     // assists through the collective
	check("assisted", "dongjie", "")      // leads
	check("assisted", "shuiliju", "unit") // neither
}

// thousandths are as many as a form can send: k/1000 read from decimal text.
func TestThousandthsOfAnySizeAreTaken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.Int64Range(1, 10_000_000_000).Draw(t, "thousandths")
		p := sample.Placement(quantity(float64(k) / 1000))
		if faults := p.Validate(sample.Plan()); len(faults) > 0 {
			t.Fatalf("%v is refused: %v", p.Quantity, faults)
		}
		p.Quantity += 0.0004
		if got := fields(p.Validate(sample.Plan())); got != "quantity" {
			t.Fatalf("%v has four decimals, faults at %q", p.Quantity, got)
		}
	})
}

// any draws a placement without regard to the rules.
func drawn(t *rapid.T) placement.Placement {
	number := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, -1, math.NaN(), math.Inf(1), math.Inf(-1), 1e300}))
	day := rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(-1<<40, 1<<40).Draw(t, "second"), 0).UTC()
	})
	p := placement.Placement{
		Task: campaign.TaskCode(rapid.OneOf(rapid.String(), rapid.Just("社会宣传2")).Draw(t, "task")), Unit: org.UnitID(rapid.OneOf(rapid.String(), rapid.Just("shizhi")).Draw(t, "unit")),
		Carrier: campaign.CarrierID(rapid.String().Draw(t, "carrier")), CarrierText: rapid.String().Draw(t, "text"), Place: rapid.String().Draw(t, "place"),
		Quantity: number.Draw(t, "quantity"), Measure: rapid.String().Draw(t, "measure"), Size: rapid.String().Draw(t, "size"),
		Start: day.Draw(t, "start"), End: day.Draw(t, "end"), Remark: rapid.String().Draw(t, "remark"),
	}
	if rapid.Bool().Draw(t, "area given") {
		area := number.Draw(t, "area")
		p.AreaM2 = &area
	}
	if rapid.Bool().Draw(t, "position given") {
		p.Position = &placement.Position{Longitude: number.Draw(t, "longitude"), Latitude: number.Draw(t, "latitude"), Datum: placement.Datum(rapid.String().Draw(t, "datum"))}
	}
	return p
}

// Whatever is sent, Validate answers; each fault has a field and a reason, and a number
// that can't be counted never passes.
func TestValidateAnswersToAnything(t *testing.T) {
	plan := sample.Plan()
	rapid.Check(t, func(t *rapid.T) {
		p := drawn(t)
		faults := p.Validate(plan)
		for _, f := range faults {
			if f.Field == "" || f.Why == "" {
				t.Fatalf("a fault that tells nothing: %+v", f)
			}
		}
		told := slices.ContainsFunc(faults, func(f problem.Fault) bool { return f.Field == "quantity" })
		if countable := p.Quantity > 0 && p.Quantity <= 10_000_000; !countable && !told {
			t.Fatalf("quantity %v is taken", p.Quantity)
		}
		p.Fingerprint() // of a wrong one too: a preview compares rows before it refuses them
	})
}

// Each case is one bend of the sample: does it make another placement?
func TestFingerprintHoldsTheContent(t *testing.T) {
	cases := []struct {
		name  string
		bend  bend
		other bool
	}{
		{"campaign", func(p *placement.Placement) { p.Campaign = "governance" }, true},
		{"task", func(p *placement.Placement) { p.Task = "社会宣传2" }, true},
		{"unit", func(p *placement.Placement) { p.Unit = "dongjie" }, true},
		{"carrier", func(p *placement.Placement) { p.Carrier = "tiaofu" }, true},
		{"place", func(p *placement.Placement) { p.Place = "河边公园北门" }, true},
		{"quantity", quantity(7), true},
		{"quantity by a thousandth", quantity(6.001), true},
		{"measure", func(p *placement.Placement) { p.Measure = "块" }, true},
		{"area", area(12), true},
		{"an area of nothing is not an area left out", area(0), true},
		{"size", func(p *placement.Placement) { p.Size = "3m×5m" }, true},
		{"start", flight("2014-09-06", ""), true},
		{"end", flight("2014-09-05", "2014-12-31"), true},
		{"a carrier that isn't listed", func(p *placement.Placement) { p.Carrier = "" }, true},

		{"the words for a listed carrier", func(p *placement.Placement) { p.CarrierText = "固定宣传栏" }, false},
		{"width and spaces of the place", func(p *placement.Placement) { p.Place = " 河边　公园\n" }, false},
		{"a quantity from a spreadsheet", quantity(6.0000000000001), false},
		{"remark", func(p *placement.Placement) { p.Remark = "补充照片" }, false},
		{"position", at(116.77, 36.18, placement.WGS84), false},
		{"id", func(p *placement.Placement) { p.ID = sample.ID(2) }, false},
		{"origin", func(p *placement.Placement) { p.Origin.File, p.Origin.Row = "另一份.xlsx", 9 }, false},
		{"state", func(p *placement.Placement) { p.State = placement.Withdrawn }, false},
		{"sender and time", func(p *placement.Placement) { p.RecordedBy, p.RecordedAt = "x", sample.Day("2014-09-09") }, false},
	}
	plain := sample.Placement()
	if n := len(plain.Fingerprint()); n != 32 {
		t.Errorf("%d characters, the column holds 32", n)
	}
	seen := map[string]string{plain.Fingerprint(): "the sample"}
	for _, c := range cases {
		p := sample.Placement(c.bend)
		if other := p.Fingerprint() != plain.Fingerprint(); other != c.other {
			t.Errorf("%s: another placement = %t, want %t", c.name, other, c.other)
		}
		if before, known := seen[p.Fingerprint()]; known && c.other {
			t.Errorf("%s: the same as %s", c.name, before)
		}
		if c.other {
			seen[p.Fingerprint()] = c.name
		}
	}
}

// Pairs that people write for one thing.
func TestFingerprintsOfOneContent(t *testing.T) {
	check := func(name string, a, b bend) {
		t.Helper()
		one, two := sample.Placement(a), sample.Placement(b)
		if one.Fingerprint() != two.Fingerprint() {
			t.Errorf("%s: two placements, want one", name)
		}
		if one.ContentID() != two.ContentID() {
			t.Errorf("%s: two ids, want one", name)
		}
	}
	// A spreadsheet keeps 15 digits: 11.2 × 8 is 89.60000000000001 and comes back as 89.6.
	check("quantity", quantity(89.60000000000001), quantity(89.6))
	check("area", area(89.60000000000001), area(89.6))
	check("minus nothing", area(math.Copysign(0, -1)), area(0))
	unlisted := func(text string) bend {
		return func(p *placement.Placement) { p.Carrier, p.CarrierText = "", text }
	}
	check("carrier in full width and capitals", unlisted("ＬＥＤ 屏"), unlisted("led屏"))
	check("size in full width", func(p *placement.Placement) { p.Size = "３Ｍ×5m" }, func(p *placement.Placement) { p.Size = "3m × 5m" })
}

// Words must not slip from one field into the next: 宣传栏北 at 门 is not 宣传栏 at 北门.
func TestFingerprintKeepsFieldsApart(t *testing.T) {
	one := sample.Placement(func(p *placement.Placement) { p.Carrier, p.CarrierText, p.Place = "", "宣传栏北", "门" })
	two := sample.Placement(func(p *placement.Placement) { p.Carrier, p.CarrierText, p.Place = "", "宣传栏", "北门" })
	if one.Fingerprint() == two.Fingerprint() {
		t.Error("one placement, want two")
	}
}

func TestContentIDCountsSendingsOnPurpose(t *testing.T) {
	first, again, other := sample.Placement(), sample.Placement(func(p *placement.Placement) { p.Again = 1 }), sample.Placement(quantity(7))
	if first.ContentID() == again.ContentID() || first.ContentID() == other.ContentID() {
		t.Error("a second one on purpose, and other content, must have ids of their own")
	}
	if first.Fingerprint() != again.Fingerprint() {
		t.Error("sent again on purpose it is still the same content")
	}
	// Kept ids must never change: rows that are in would go in a second time. The value
	// was made by this code on the day the rule was settled.
	if got := first.ContentID().String(); got != "e66918e5-eb33-59eb-ae31-e95ae241e8ea" {
		t.Errorf("the id of the sample is %s", got)
	}
}
