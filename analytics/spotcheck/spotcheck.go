// Package spotcheck draws points to be looked at, and tells from what was found how much of
// what the ledger claims is standing.
//
// It stands beside the ledger: analytics says how the proof of each placement stands (the
// frame), Draw picks points, people go there, and Estimate and Compare hold what they found
// against the claims. It knows neither tables nor pages: ids and names in, points and figures
// out. How a draw can be done again by hand is told in docs/spot-checks.md.
//
// # Why
//
// An inspector believes a sample that anybody can draw again. So the order of a stratum is not
// the state of a generator but the SHA-256 of seed and id: it needs no program of ours, doesn't
// depend on the order of the rows, and a placement that is added moves no other.
package spotcheck

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"shuixuan/analytics/estimate"
)

// Algorithm names how points are drawn; another way of drawing gets another name.
const Algorithm = "shuixuan-spot-1"

// The codes of the warnings that this package gives.
const (
	Joined     = "joined"      // cells too small to be drawn from on their own
	Everything = "everything"  // as many points as there are: nothing is sampled
	Unknown    = "unknown"     // points of which nothing is known
	Uncovered  = "uncovered"   // a stratum of which nothing is known
	Collapsed  = "collapsed"   // the strata are taken for one, where each has one point
	FewPoints  = "few-points"  // fewer than an interval says much about
	NoFindings = "no-findings" // nobody has been anywhere yet
)

// Claim is what the ledger says of a placement that is in the frame.
type Claim string

// The closed list of claims.
const (
	Proven   Claim = "proven"   // stands, and the proof that its rule asks for holds
	Standing Claim = "standing" // stands, by the unit's word alone, or with a fault to repair
)

// Placement is one of the frame. ID is a UUID in small letters.
type Placement struct {
	ID      string
	Unit    string
	Carrier string
	Claim   Claim
}

// Cell is a unit with a carrier.
type Cell struct {
	Unit    string `json:"unit"`
	Carrier string `json:"carrier"`
	Size    int    `json:"size"` // placements of the frame
}

// Stratum is one cell, or several that were too small and were joined.
type Stratum struct {
	Cells []Cell `json:"cells"`
	Size  int    `json:"size"`  // placements of the frame
	Drawn int    `json:"drawn"` // points
}

// Probability is the chance of each of its placements to be drawn.
func (s Stratum) Probability() float64 { return float64(s.Drawn) / float64(s.Size) }

// Drawn is a placement that was drawn.
type Drawn struct {
	Placement
	Stratum     int     // index in Sample.Strata
	Probability float64 // of being drawn, above 0 and at most 1
}

// Sample is what was drawn. Points are by stratum, within it in the order of their hashes.
type Sample struct {
	Seed      string
	Asked     int    // points asked for
	FrameSize int    // placements
	FrameHash string // SHA-256 of the frame, hex; see FrameHash
	Proven    int    // placements of the frame that the ledger claims proven
	Strata    []Stratum
	Points    []Drawn
	Warnings  []estimate.Warning
}

// seedLetters leave out those that are read as a digit (Crockford's alphabet).
var seedLetters = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// NewSeed gives 40 random bits as 8 characters that can be read aloud.
func NewSeed() string {
	raw := make([]byte, 5)
	rand.Read(raw)
	return seedLetters.EncodeToString(raw)
}

// The length of a seed in characters.
const (
	shortestSeed = 4
	longestSeed  = 32
)

// ParseSeed reads a seed as people write it: large letters, no spaces or dashes. Why is empty
// or says what is wrong with it (Chinese).
func ParseSeed(text string) (seed, why string) {
	seed = strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "　", "").Replace(text))
	if n := utf8.RuneCountInString(seed); n < shortestSeed || n > longestSeed {
		return "", fmt.Sprintf("种子应为%d到%d个字母或数字；留空由程序产生", shortestSeed, longestSeed)
	}
	for _, r := range seed {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return "", fmt.Sprintf("种子里有“%c”，只能用字母和数字", r)
		}
	}
	return seed, ""
}

// key is the place of a placement in the order of its stratum: the SHA-256 of seed, slash and
// id, in hex.
func key(seed, id string) string {
	sum := sha256.Sum256([]byte(seed + "/" + id))
	return hex.EncodeToString(sum[:])
}

// FrameHash is the SHA-256 of a frame in hex: a line for each placement (id, unit, carrier and
// claim with a tab between, a line feed behind), the lines in the order of their bytes.
func FrameHash(frame []Placement) string {
	lines := make([]string, len(frame))
	for i, p := range frame {
		lines[i] = p.ID + "\t" + p.Unit + "\t" + p.Carrier + "\t" + string(p.Claim) + "\n"
	}
	return hashOf(lines)
}
