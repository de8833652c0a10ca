package seal

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Verdict is what a check came to.
type Verdict string

// The closed list of verdicts.
const (
	Sound      Verdict = "sound"         // every byte is as it was sealed
	OtherKey   Verdict = "other-key"     // all of one piece, but signed by another key than the trusted ones
	Changed    Verdict = "changed"       // changed after it was sealed
	Incomplete Verdict = "incomplete"    // its end is missing
	Foreign    Verdict = "not-a-dossier" // something else, or a package without its manifest
	Newer      Verdict = "newer-format"  // of a later format than this program knows
)

// Trust says what is known of the key that signed.
type Trust string

// The closed list.
const (
	Trusted   Trust = "trusted"   // one of the keys that were given
	Unchecked Trust = "unchecked" // none was given: the fingerprint is to be compared by eye
	Untrusted Trust = "other"     // another than those that were given
)

// Report is the outcome of a check.
type Report struct {
	Verdict  Verdict    `json:"verdict"`
	Sound    bool       `json:"sound"`
	Says     string     `json:"says"`             // the verdict in words
	Advice   string     `json:"advice"`           // what to do
	Sealed   *Statement `json:"sealed,omitempty"` // as the manifest has it; to be believed when sound
	Files    int        `json:"files"`            // of the manifest
	Bytes    int64      `json:"bytes"`            // of those files
	Key      string     `json:"key"`              // fingerprint of the key that the manifest names, empty without one
	Trust    Trust      `json:"trust,omitempty"`  // empty where nothing is signed
	Faults   []Fault    `json:"faults"`
	Unlisted int        `json:"unlisted"` // faults beyond those listed
}

// FaultKind says what sort of difference it is.
type FaultKind string

// The closed list of kinds.
const (
	FaultManifest  FaultKind = "manifest"  // the manifest is missing, can't be read, or isn't what was signed
	FaultKey       FaultKind = "key"       // signed by another key than the trusted ones
	FaultChanged   FaultKind = "changed"   // a file has another content
	FaultAdded     FaultKind = "added"     // a file isn't in the manifest
	FaultRemoved   FaultKind = "removed"   // a file of the manifest is missing
	FaultRepeated  FaultKind = "repeated"  // a name is there more than once
	FaultRenamed   FaultKind = "renamed"   // a file has one name in the directory and another before its content
	FaultHidden    FaultKind = "hidden"    // bytes that belong to no file
	FaultWrapping  FaultKind = "wrapping"  // headers, packing or order aren't those that were written
	FaultDirectory FaultKind = "directory" // the same of the directory and the end
)

// Fault is one difference. File is as it stands in the archive: hostile text.
type Fault struct {
	Kind FaultKind `json:"kind"`
	File string    `json:"file,omitempty"`
	Says string    `json:"says"`
}

// mostFaults is how many are listed; the others are counted.
const mostFaults = 200

func (r *Report) fault(kind FaultKind, file, format string, args ...any) {
	if len(r.Faults) >= mostFaults {
		r.Unlisted++
		return
	}
	r.Faults = append(r.Faults, Fault{kind, strings.ToValidUTF8(file, "\uFFFD"), fmt.Sprintf(format, args...)})
}

// Count is how many differences there are.
func (r *Report) Count() int { return len(r.Faults) + r.Unlisted }

// conclude settles the verdict of a package whose manifest was read.
func (r *Report) conclude() {
	n, other := r.Count(), r.Trust == Untrusted
	switch {
	case n == 0 && r.Trust == Trusted:
		r.settle(Sound, fmt.Sprintf("卷宗完好：%d个文件与封存时逐字节一致，签名有效，密钥是核对用的那一把。", r.Files), "可以采信。")
	case n == 0:
		r.settle(Sound, fmt.Sprintf("%d个文件与封存清单逐字节一致，签名有效。", r.Files), "还要核对密钥：卷宗的密钥指纹应当与封存单位公布的、报告里印的一致。不一致，就是有人改动后另行签名。")
	case n == 1 && other:
		r.settle(OtherKey, "这份卷宗是用另一把密钥签名的：文件与清单一致，但签名的不是核对用的密钥。", "可能有人改动后另行签名，也可能是别的单位封存的。核实以前请不要采信：向封存单位索取密钥指纹，与这份卷宗的对照。")
	default:
		r.settle(Changed, fmt.Sprintf("卷宗在封存以后被改动过，发现%d处。", n), "请不要采信，向封存单位重新索取。保留这份文件，便于查明是谁、在哪一步改动的。")
	}
}

func (r *Report) settle(v Verdict, says, advice string) {
	r.Verdict, r.Sound, r.Says, r.Advice = v, v == Sound, says, advice
}

// Shown gives a text from a package as it may stand before people: what can't be seen, turns
// the direction of writing or steers a terminal is written out, and a long one is cut.
func Shown(text string) string {
	var b strings.Builder
	for i, r := range text {
		if i > 300 {
			return b.String() + "…"
		}
		switch _, width := utf8.DecodeRuneInString(text[i:]); {
		case r == utf8.RuneError && width == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func quoted(name string) string { return "“" + Shown(name) + "”" }

// sizeText is a size in bytes as people read it.
func sizeText(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d字节", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1fKB", float64(n)/(1<<10))
	case n < 1<<30:
		return fmt.Sprintf("%.1fMB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1fGB", float64(n)/(1<<30))
}
