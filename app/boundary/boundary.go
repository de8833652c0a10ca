// Package boundary is the outline of a campaign's area as the office supplies it: a GeoJSON
// file, the map that it was taken from, and the number under which that map was approved.
//
// The file is kept untouched among the originals. What is kept here says which file holds, and
// Read makes of it the outline that a map draws. Without one a map shows points alone.
//
// # Why
//
// A boundary may be shown in public only as on an approved map (map administration
// regulations of 2015, articles 14 and 15), so none comes with the program, and none is taken
// without its number. The file comes from a person: it is bounded and told in words what is
// wrong with it before anything is drawn.
package boundary

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"shuixuan/app/audit"
	"shuixuan/app/clickhouse"
	"shuixuan/app/placement"
	"shuixuan/app/problem"
	"shuixuan/app/revision"
)

// Boundary says which file holds and what is printed beside it. SHA256 is empty where none
// shall be shown.
type Boundary struct {
	File   string          `json:"file,omitempty"`   // its name
	SHA256 string          `json:"sha256,omitempty"` // of the file among the originals
	Datum  placement.Datum `json:"datum,omitempty"`  // of its vertices
	Source string          `json:"source,omitempty"` // name and publisher of the map
	Number string          `json:"number,omitempty"` // 审图号
}

// Shown tells whether there is an outline to draw.
func (b Boundary) Shown() bool { return b.SHA256 != "" }

// approval is a 审图号 as it is printed: 鲁S(2024)012号, GS京（2023）1061号.
var approval = regexp.MustCompile(`^[A-Z\p{Han}]{1,10}[(（〔\[]\d{4}[)）〕\]]\s?\d{1,6}号$`)

const maxSource = 100

// Validate lists what is missing or wrong; the file itself is for Read to judge.
func (b Boundary) Validate() []problem.Fault {
	var faults []problem.Fault
	switch source := strings.TrimSpace(b.Source); {
	case source == "":
		faults = append(faults, problem.Fault{Field: "source", Why: "缺少底图的名称和出处，例如“××市标准地图，××省自然资源厅”，会印在地图下面"})
	case utf8.RuneCountInString(source) > maxSource:
		faults = append(faults, problem.Fault{Field: "source", Why: "出处超过100个字，请缩短"})
	}
	switch {
	case b.Number == "":
		faults = append(faults, problem.Fault{Field: "number", Why: "缺少审图号。行政区域界线只能用经审核批准的地图，审图号一般印在原图的角上"})
	case !approval.MatchString(b.Number):
		faults = append(faults, problem.Fault{Field: "number", Why: "“" + short(b.Number) + "”不像审图号，请照原图填写，例如“鲁S（2024）012号”"})
	}
	switch b.Datum {
	case placement.WGS84, placement.GCJ02, placement.BD09:
	default:
		faults = append(faults, problem.Fault{Field: "datum", Why: "请选择文件用的坐标系；标准地图和测绘成果一般是国家2000（与GPS相同）"})
	}
	return faults
}

// Store keeps the boundary of each campaign.
type Store struct{ table *revision.Table[Boundary] }

// NewStore gives the store kept in db; log may be nil for who only reads.
func NewStore(db *clickhouse.DB, log *audit.Log) *Store {
	return &Store{revision.NewTable[Boundary](db, log, "boundaries", "boundary")}
}

// only is the id of a campaign's one boundary.
const only = "map"

// Current gives what holds, with revision 0 where the office has never supplied any.
func (s *Store) Current(ctx context.Context, campaign string) (revision.Held[Boundary], error) {
	held, err := s.table.Current(ctx, campaign, only)
	if errors.Is(err, revision.ErrNotFound) {
		return revision.Held[Boundary]{ID: only}, nil
	}
	return held, err
}

// Put writes the next revision and its event. A boundary without a file takes the outline off
// the map; the earlier ones stay readable.
func (s *Store) Put(ctx context.Context, actor audit.Actor, campaign string, b Boundary, expected uint32) (uint32, error) {
	if b.Shown() {
		if faults := b.Validate(); len(faults) > 0 {
			return 0, problem.Invalid("边界还不能保存", "请按提示补全后再保存。", faults...)
		}
	}
	rev, err := s.table.Put(ctx, actor, "boundary.put", campaign, only, b, expected)
	if errors.Is(err, revision.ErrConflict) {
		return 0, problem.Conflict("刚刚有人换过边界", "请重新打开页面，看过新的边界后再决定，您上传的没有采用。").Because(err)
	}
	return rev, err
}
