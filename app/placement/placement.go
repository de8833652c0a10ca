// Package placement holds what a unit has put up: so many of a carrier, at a place,
// for a flight of dates, under an obligation of the plan.
//
// Placements are written by ingest, whether they come from a form, a program or a
// workbook; this package says what a valid one is and finds those that stand.
//
// # Why
//
// A form and a ledger must obey one rule, so Validate stands on the noun. Writing
// stands in ingest because one row and a hundred thousand take the same way: check,
// commit durably, answer.
package placement

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/problem"
)

// State is where a placement stands in its life.
type State string

// The closed list of states; the database holds the same words. What isn't finished is no
// placement yet but a Draft.
const (
	Submitted State = "submitted"  // the unit says that it stands; the office has not judged it
	Returned  State = "returned"   // the office sent it back to be mended: it counts nowhere until then
	Accepted  State = "accepted"   // the office agrees
	Withdrawn State = "withdrawn"  // the unit took the entry back: it counts nowhere
	TakenDown State = "taken-down" // it stood, and was taken away on its End: days before count
)

// States are all states in the order of a life.
var States = []State{Submitted, Returned, Accepted, TakenDown, Withdrawn}

// StateNames are the words for the states on pages.
var StateNames = map[State]string{
	Submitted: "待审核", Returned: "已退回", Accepted: "已通过", Withdrawn: "已撤回", TakenDown: "已拆除",
}

// Counts tells whether a placement of this state can count towards coverage.
func (s State) Counts() bool { return s == Submitted || s == Accepted || s == TakenDown }

// StandsOn tells whether a placement is there on a day: in its flight, or once it was done
// where its carrier's rule says that it is an act.
func (p *Placement) StandsOn(day time.Time, rule campaign.Rule) bool {
	return p.State.Counts() && !p.Start.After(day) && (p.End.IsZero() || !p.End.Before(day) || rule.Once.Value)
}

// Datum is the reference of a position as it was given.
type Datum string

// The closed list of datums (domain facts 5.5).
const (
	WGS84 Datum = "wgs84"
	GCJ02 Datum = "gcj02"
	BD09  Datum = "bd09"
)

// Position is a raw position with its datum; it is never converted at rest.
type Position struct {
	Longitude float64 `json:"longitude"`
	Latitude  float64 `json:"latitude"`
	Datum     Datum   `json:"datum"`
}

// Placement is so many of a carrier at a place for a flight. Dates are civil dates
// (midnight UTC); a zero End is open, "to acceptance". AreaM2 is in square metres,
// nil where it was not given.
type Placement struct {
	ID       uuid.UUID          `json:"id"`
	Campaign string             `json:"campaign"`
	Revision uint32             `json:"revision"`
	Task     campaign.TaskCode  `json:"task"`
	Unit     org.UnitID         `json:"unit"`
	Carrier  campaign.CarrierID `json:"carrier"`
	// CarrierText is the carrier in the sender's words; Carrier is empty where the
	// words are not on the campaign's list.
	CarrierText string    `json:"carrier_text"`
	Place       string    `json:"place"`
	Quantity    float64   `json:"quantity"`
	Measure     string    `json:"measure"`
	AreaM2      *float64  `json:"area_m2"`
	Size        string    `json:"size,omitempty"` // 规格 in the sender's words: 3m×5m
	Start       time.Time `json:"start"`
	End         time.Time `json:"end,omitzero"`
	Position    *Position `json:"position,omitempty"`
	Remark      string    `json:"remark,omitempty"`
	State       State     `json:"state"`
	// Reason and Note say why this revision changed the state; a revision of the content
	// has neither.
	Reason string `json:"reason,omitempty"`
	Note   string `json:"note,omitempty"`
	// Permit and PermitUntil are for carriers whose rule asks for a permit; HoardingM2 is
	// the whole area of a hoarding, of which AreaM2 is the part with publicity.
	Permit      string    `json:"permit,omitempty"`
	PermitUntil time.Time `json:"permit_until,omitzero"`
	HoardingM2  *float64  `json:"hoarding_m2,omitempty"`
	// Again is 0 for the first placement of this content and 1, 2 … for one that was
	// sent again on purpose.
	Again      uint16    `json:"again,omitempty"`
	Origin     Origin    `json:"origin"`
	RecordedAt time.Time `json:"recorded_at"`
	RecordedBy string    `json:"recorded_by"`
}

// Origin is where a row came from; File and Sheet are empty and Row 0 for a form.
type Origin struct {
	Batch uuid.UUID `json:"batch"`
	File  string    `json:"file,omitempty"`
	Sheet string    `json:"sheet,omitempty"`
	Row   int       `json:"row,omitempty"`
}

// Limits of what a sane ledger holds; beyond them a typing error is likelier.
const (
	maxQuantity = 10_000_000
	maxText     = 200
	maxRemark   = 2000
)

// Validate checks a placement against the plan and lists every fault at once.
// Field names are those of the intake: unit, task, carrier, place, quantity,
// measure, area_m2, size, start, end, position, remark, permit, permit_until, hoarding_m2.
//
// A missing or expired permit and a flight that is longer than its carrier may stand are
// no faults: it hangs there all the same, and refused it would be logged with a wrong date or
// not at all. Concerns tells of them, and pages show them until they are settled.
func (p *Placement) Validate(plan *campaign.Plan) []problem.Fault {
	var faults []problem.Fault
	fault := func(field, format string, args ...any) {
		faults = append(faults, problem.Fault{Field: field, Why: fmt.Sprintf(format, args...)})
	}
	task, known := plan.Task(p.Task)
	switch {
	case p.Task == "":
		fault("task", "缺少%s", plan.Campaign.Words.Task)
	case !known:
		fault("task", "“%s”不是本活动的%s，请从名单中选择", p.Task, plan.Campaign.Words.Task)
	}
	if u, ok := plan.Units.Unit(p.Unit); p.Unit == "" {
		fault("unit", "缺少%s", plan.Campaign.Words.Unit)
	} else if !ok {
		fault("unit", "“%s”不是本活动的%s", p.Unit, plan.Campaign.Words.Unit)
	} else if u.Collective() {
		fault("unit", "“%s”是多个单位的合称，请填写具体单位", u.Name)
	} else if known && !p.unitMayLog(task, plan) {
		fault("unit", "“%s”不承担%s“%s”，请核对；确应承担的，请%s在方案中加上", u.Name, plan.Campaign.Words.Task, p.Task, plan.Campaign.Words.Office)
	}
	p.validateThing(fault)
	p.validateFlight(fault)
	p.validatePermit(fault)
	if p.Position != nil {
		p.Position.validate(fault)
	}
	return faults
}

// unitMayLog tells whether the task is the unit's. Where the plan leaves the unit
// open (no lead, or a collective without members) any unit may log: what is done
// must not wait for the office to settle a list.
func (p *Placement) unitMayLog(task campaign.Task, plan *campaign.Plan) bool {
	if len(task.Lead) == 0 {
		return true
	}
	for _, id := range task.Lead {
		if u, ok := plan.Units.Unit(id); ok && u.Collective() && len(u.Members) == 0 {
			return true
		}
	}
	return slices.Contains(task.Responsible(plan.Units), p.Unit) || slices.Contains(task.Helping(plan.Units), p.Unit)
}

func (p *Placement) validateThing(fault func(field, format string, args ...any)) {
	if strings.TrimSpace(p.CarrierText) == "" && p.Carrier == "" {
		fault("carrier", "缺少宣传形式，例如“公交站点广告牌”")
	}
	if strings.TrimSpace(p.Place) == "" {
		fault("place", "缺少设置地点")
	}
	p.validateTexts(fault)
	switch {
	case math.IsNaN(p.Quantity) || math.IsInf(p.Quantity, 0):
		fault("quantity", "数量不是数字")
	case p.Quantity <= 0:
		fault("quantity", "数量必须大于0")
	case p.Quantity > maxQuantity:
		fault("quantity", "数量超过%d，请核对是否多写了位数", maxQuantity)
	case !threeDecimals(p.Quantity):
		fault("quantity", "数量最多保留3位小数")
	}
	if p.Measure == "" {
		fault("measure", "缺少计量单位，例如“块”“条”“处”")
	} else if !slices.Contains(campaign.Measures, p.Measure) {
		fault("measure", "计量单位“%s”不在名单里，可用的有：%s", p.Measure, strings.Join(campaign.Measures, "、"))
	}
	if p.AreaM2 != nil && (math.IsNaN(*p.AreaM2) || *p.AreaM2 < 0 || *p.AreaM2 > maxQuantity) {
		fault("area_m2", "面积应为不小于0的数字，单位是平方米")
	}
}

func (p *Placement) validateTexts(fault func(field, format string, args ...any)) {
	for _, t := range []struct {
		field, name, text string
		limit             int
	}{
		{"carrier", "宣传形式", p.CarrierText, maxText}, {"place", "设置地点", p.Place, maxText},
		{"size", "规格", p.Size, maxText}, {"permit", "许可编号", p.Permit, maxText}, {"remark", "备注", p.Remark, maxRemark},
	} {
		switch {
		case utf8.RuneCountInString(t.text) > t.limit && t.field == "remark":
			fault(t.field, "备注超过%d个字，请缩短", t.limit)
		case utf8.RuneCountInString(t.text) > t.limit:
			fault(t.field, "%s超过%d个字，请缩短，其余内容可写在备注里", t.name, t.limit)
		case !utf8.ValidString(t.text) || strings.ContainsFunc(t.text, invisible):
			fault(t.field, "%s里有看不见的控制字符，请删去后重新填写", t.name)
		}
	}
}

// invisible is a character that a workbook can't hold and that Fingerprint puts between
// fields; lines and tabs are text.
func invisible(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t'
}

// threeDecimals tells whether thousandths hold all of a number. What binary arithmetic
// and the 15 digits of a spreadsheet add is not the sender's: 9999999.123 is stored up
// to 9.3e-10 off, and a few sums later a little more.
func threeDecimals(v float64) bool {
	kept := math.Round(v*1000) / 1000
	return kept != 0 && math.Abs(v-kept) <= 1e-9+2e-15*math.Abs(v)
}

func (p *Placement) validateFlight(fault func(field, format string, args ...any)) {
	if p.Start.IsZero() {
		fault("start", "缺少开始日期，例如 2014-09-05")
	} else if y := p.Start.Year(); y < 1990 || y > 2100 {
		fault("start", "开始日期的年份是%d，请核对", y)
	}
	if !p.End.IsZero() && p.End.Before(p.Start) {
		fault("end", "结束日期%s早于开始日期%s，请核对", p.End.Format(time.DateOnly), p.Start.Format(time.DateOnly))
	}
	if !p.End.IsZero() && p.End.Year() > 2100 {
		fault("end", "结束日期的年份是%d，请核对", p.End.Year())
	}
}

func (p *Placement) validatePermit(fault func(field, format string, args ...any)) {
	if y := p.PermitUntil.Year(); !p.PermitUntil.IsZero() && (y < 1990 || y > 2100) {
		fault("permit_until", "许可到期日的年份是%d，请核对", y)
	}
	switch whole := p.HoardingM2; {
	case whole == nil:
	case math.IsNaN(*whole) || *whole <= 0 || *whole > maxQuantity:
		fault("hoarding_m2", "围挡总面积应为大于0的数字，单位是平方米")
	case p.AreaM2 != nil && *p.AreaM2 > *whole:
		fault("hoarding_m2", "宣传面积%s平方米大于围挡总面积%s平方米，请核对", thousandths(*p.AreaM2), thousandths(*whole))
	}
}

func (p *Position) validate(fault func(field, format string, args ...any)) {
	switch p.Datum {
	case WGS84, GCJ02, BD09:
	default:
		fault("position", "坐标系“%s”不认识，可用的有 wgs84（手机定位）、gcj02（高德、腾讯）、bd09（百度）", p.Datum)
	}
	if !(math.Abs(p.Longitude) <= 180) || !(math.Abs(p.Latitude) <= 90) || (p.Longitude == 0 && p.Latitude == 0) {
		fault("position", "经纬度超出范围，请重新定位或留空")
	}
}

// Fingerprint is the same for two placements of the same content: they are one
// placement sent twice unless the sender says otherwise (Again). Remark and
// position are left out, since people add them on a second sending. Numbers count to
// three decimals: a spreadsheet keeps 15 digits, so 89.60000000000001 comes back as 89.6.
func (p *Placement) Fingerprint() string {
	area := ""
	if p.AreaM2 != nil {
		area = thousandths(*p.AreaM2)
	}
	end := ""
	if !p.End.IsZero() {
		end = p.End.Format(time.DateOnly)
	}
	carrier := org.Fold(p.CarrierText)
	if p.Carrier != "" {
		carrier = "#" + string(p.Carrier)
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{p.Campaign, string(p.Task), string(p.Unit), carrier, org.Fold(p.Place),
		thousandths(p.Quantity), p.Measure, area, org.Fold(p.Size), p.Start.Format(time.DateOnly), end}, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// thousandths writes a number to three decimals; minus nothing is nothing.
func thousandths(v float64) string {
	return strconv.FormatFloat(math.Round(v*1000)/1000+0, 'f', -1, 64)
}

// idSpace is the name space of ids made from content.
var idSpace = uuid.MustParse("5f1f2c1e-7a53-5c0f-9a55-2f6d3b1c9e10")

// ContentID is the id of an imported placement: made from its content, so the same
// row sent twice is the same placement, whoever sends it and in whichever file.
func (p *Placement) ContentID() uuid.UUID {
	return uuid.NewSHA1(idSpace, []byte(p.Fingerprint()+"/"+strconv.Itoa(int(p.Again))))
}
