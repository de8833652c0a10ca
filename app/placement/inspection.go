package placement

import (
	"time"

	"github.com/google/uuid"

	"shuixuan/app/audit"
	"shuixuan/app/org"
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
