package placement

import (
	"time"

	"github.com/google/uuid"

	"shuixuan/app/org"
)

// PhotoState says whether a photo speaks for its placement.
type PhotoState string

// The closed list of photo states; the database holds the same words.
const (
	PhotoKept     PhotoState = "kept"
	PhotoSetAside PhotoState = "set-aside" // a mistake of the sender or of no use: proves nothing, stays readable
)

// PhotoSource says how a photo reached us.
type PhotoSource string

// The closed list of photo sources.
const (
	FromCamera PhotoSource = "camera" // taken in the page: the server's clock and the browser's fix
	FromUpload PhotoSource = "upload" // chosen from files: at most what its metadata say
)

// Grade says how far a photo can be believed as proof of posting.
type Grade string

// The closed list of grades.
const (
	GradeA Grade = "A" // taken in the page, with a fix near the place
	GradeB Grade = "B" // uploaded, its metadata agree with the placement
	GradeC Grade = "C" // uploaded without metadata: nothing speaks against it
	GradeX Grade = "X" // contradicted: it proves nothing unless the office accepts the placement
)

// Photo is one picture as proof of posting. The original is a kept file, found by its
// hash; nothing here changes it. Width and Height are upright, in pixels; Accuracy and
// Distance in metres. ProvesOn is the civil date (midnight UTC) of which it is proof.
type Photo struct {
	ID         uuid.UUID   `json:"id"`
	Campaign   string      `json:"campaign"`
	Revision   uint32      `json:"revision"`
	Placement  uuid.UUID   `json:"placement"`
	Unit       org.UnitID  `json:"unit"`
	State      PhotoState  `json:"state"`
	Note       string      `json:"note,omitempty"`
	SHA256     string      `json:"sha256"`
	DHash      uint64      `json:"-"`
	PHash      uint64      `json:"-"`
	Format     string      `json:"format"` // jpeg, png, webp, heic
	Width      int         `json:"width"`
	Height     int         `json:"height"`
	Bytes      int64       `json:"bytes"`
	File       string      `json:"file,omitempty"`
	Source     PhotoSource `json:"source"`
	TakenAt    time.Time   `json:"taken_at,omitzero"`
	Position   *Position   `json:"position,omitempty"`
	Accuracy   *float64    `json:"accuracy_m,omitempty"`
	Distance   *float64    `json:"distance_m,omitempty"`
	Device     string      `json:"device,omitempty"`
	Grade      Grade       `json:"grade"`
	Reasons    []string    `json:"reasons"`
	Twins      []uuid.UUID `json:"twins,omitempty"`
	ProvesOn   time.Time   `json:"proves_on"`
	RecordedAt time.Time   `json:"recorded_at"`
	RecordedBy string      `json:"recorded_by"`
}
