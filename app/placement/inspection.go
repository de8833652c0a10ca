package placement

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/problem"
)

// Finding is what somebody found at the place.
type Finding string

// The closed list of findings; the database holds the same words.
const (
	FoundStanding Finding = "standing" // 完好
	FoundDamaged  Finding = "damaged"  // 损坏: a repair is due
	FoundGone     Finding = "gone"     // 已不在
)

// FindingNames are the words for the findings on pages.
var FindingNames = map[Finding]string{FoundStanding: "完好", FoundDamaged: "损坏", FoundGone: "已不在"}

// Defect is a condition that obliges to repair (户外广告设施和招牌设置管理条例, Art. 24;
// domain facts 1.5).
type Defect string

// The closed list of defects.
const (
	Broken     Defect = "broken"
	Leaning    Defect = "leaning"
	Incomplete Defect = "incomplete"
	Soiled     Defect = "soiled"
	Faded      Defect = "faded"
	Dark       Defect = "dark"
)

// Defects are all defects in the order of the rule.
var Defects = []Defect{Broken, Leaning, Incomplete, Soiled, Faded, Dark}

// DefectNames are the words of the rule.
var DefectNames = map[Defect]string{
	Broken: "破损", Leaning: "倾斜", Incomplete: "残缺", Soiled: "污损", Faded: "褪色", Dark: "灯光显示不全",
}

// Inspection (巡查) is what was found at a placement on a day. FoundOn and Due are civil
// dates (midnight UTC); Due is the last day of the repair, zero where none is owed.
type Inspection struct {
	ID         uuid.UUID  `json:"id"`
	Campaign   string     `json:"campaign"`
	Placement  uuid.UUID  `json:"placement"`
	Unit       org.UnitID `json:"unit"` // of the placement
	FoundOn    time.Time  `json:"found_on"`
	Finding    Finding    `json:"finding"`
	Defects    []Defect   `json:"defects,omitempty"`
	Due        time.Time  `json:"due,omitzero"`
	Note       string     `json:"note,omitempty"`
	RecordedAt time.Time  `json:"recorded_at"`
	RecordedBy string     `json:"recorded_by"`
	Role       audit.Role `json:"role"` // of who recorded it
}

// maxNote is how long a note may be; beyond it something was pasted by mistake.
const maxNote = 500

// maxRepair is the longest time that a repair may be given, in days.
const maxRepair = 365

// Faulty tells whether the finding takes the placement out of what is proven.
func (f Finding) Faulty() bool { return f == FoundDamaged || f == FoundGone }

// DefectWords names what was found in the words of the rule, joined for a sentence.
func DefectWords(list []Defect) string {
	words := make([]string, len(list))
	for i, d := range list {
		words[i] = DefectNames[d]
	}
	return strings.Join(words, "、")
}

// Settle fills what the rule decides: the last day of a repair, where it wasn't given.
func (i *Inspection) Settle(rule campaign.Rule) {
	if days := rule.RepairDays.Value; i.Finding.Faulty() && i.Due.IsZero() && days > 0 && !i.FoundOn.IsZero() {
		i.Due = i.FoundOn.AddDate(0, 0, days)
	}
}

// Validate checks what was found against the placement where it was found, and lists
// every fault at once. That it stands only the office can say: a click of the unit proves
// nothing, its photo does. Field names are found_on, finding, defects, due, note.
func (i *Inspection) Validate(p Placement, today time.Time) []problem.Fault {
	var faults []problem.Fault
	fault := func(field, format string, args ...any) {
		faults = append(faults, problem.Fault{Field: field, Why: fmt.Sprintf(format, args...)})
	}
	i.validateDay(p, today, fault)
	if _, known := FindingNames[i.Finding]; !known {
		fault("finding", "请选择看到的情况：完好、损坏或已不在")
	}
	if i.Finding == FoundStanding && i.Role != audit.RoleOffice {
		fault("finding", "“完好”由巡查人员登记；本单位请上传当天的照片来证明在位")
	}
	i.validateDefects(fault)
	switch {
	case i.Due.IsZero():
	case i.Finding == FoundStanding:
		fault("due", "完好的不用填写整改期限，请留空")
	case i.Due.Before(i.FoundOn):
		fault("due", "整改期限%s早于发现的日期%s，请核对", i.Due.Format(time.DateOnly), i.FoundOn.Format(time.DateOnly))
	case i.Due.After(i.FoundOn.AddDate(0, 0, maxRepair)):
		fault("due", "整改期限超过%d天，请核对年份", maxRepair)
	}
	switch {
	case utf8.RuneCountInString(i.Note) > maxNote:
		fault("note", "说明超过%d个字，请缩短", maxNote)
	case !utf8.ValidString(i.Note) || strings.ContainsFunc(i.Note, invisible):
		fault("note", "说明里有看不见的控制字符，请删去后重新填写")
	}
	return faults
}

func (i *Inspection) validateDay(p Placement, today time.Time, fault func(field, format string, args ...any)) {
	switch {
	case i.FoundOn.IsZero():
		fault("found_on", "请填写是哪一天看到的")
	case i.FoundOn.After(today):
		fault("found_on", "%s还没有到，请填写实际看到的那一天", i.FoundOn.Format(time.DateOnly))
	case i.FoundOn.Before(p.Start):
		fault("found_on", "%s早于这条台账的开始日期%s，请核对", i.FoundOn.Format(time.DateOnly), p.Start.Format(time.DateOnly))
	case p.State == TakenDown && i.FoundOn.After(p.End):
		fault("found_on", "这一处%s已经拆除，之后不用再巡查", p.End.Format(time.DateOnly))
	}
}

func (i *Inspection) validateDefects(fault func(field, format string, args ...any)) {
	seen := map[Defect]bool{}
	for _, d := range i.Defects {
		if !slices.Contains(Defects, d) {
			fault("defects", "“%s”不是可选的损坏情况，可选的有：%s", firstRunes(string(d), 20), DefectWords(Defects))
			return
		}
		if seen[d] {
			fault("defects", "“%s”选了两次", DefectNames[d])
			return
		}
		seen[d] = true
	}
	switch {
	case i.Finding == FoundDamaged && len(i.Defects) == 0:
		fault("defects", "请至少选一项损坏情况：%s", DefectWords(Defects))
	case i.Finding == FoundStanding && len(i.Defects) > 0:
		fault("defects", "选了“完好”，又选了损坏情况，请改成一致")
	case i.Finding == FoundGone && len(i.Defects) > 0:
		fault("defects", "已不在的不用选损坏情况")
	}
}

func firstRunes(text string, n int) string {
	if r := []rune(text); len(r) > n {
		return string(r[:n]) + "…"
	}
	return text
}
