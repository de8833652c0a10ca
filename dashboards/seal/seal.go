// Package seal makes a dossier one file that anybody can check: a .zip with its files, a
// manifest that holds the SHA-256 of each, and a signature of the manifest. It is the last
// step of the journey: what dashboards drew is written here, and from then on it is checked
// and never changed.
//
// # Why
//
// It is cut off from everything else of ours, since a dossier is checked where there is no
// database, no server and perhaps years later another version of the program. For the same
// reason the bytes of the archive are defined here (layout.go) and not by a library: with the
// manifest every byte of the file is determined, so a byte that differs anywhere is found, also
// in a header, between two files or behind the end. A library reads such archives like any
// other, which the tests show, but doesn't promise to write them the same for ever.
//
// Other programs check it as well: the signature is plain Ed25519 over the bytes of
// manifest.json, the hashes are those of sha256sum.
package seal

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"time"
)

// Format and Version say what a manifest is. A program refuses a newer version than its own.
const (
	Format  = "shuixuan-dossier"
	Version = 1
)

// The names of the manifest and of its signature, the last two files of a package.
const (
	ManifestName  = "manifest.json"
	SignatureName = "manifest.sig"
)

// Bounds of a package. They bound the memory that reading takes, too.
const (
	mostFiles    = 200_000
	mostFile     = 1<<32 - 2 // bytes of one file, plain and packed: no file needs the wide fields
	mostManifest = 64 << 20  // bytes, of which these at most are settings and passages:
	mostSettings = 1 << 20
	mostEdited   = 8 << 20
)

// Statement is what a package says of itself. The caller gives the same for the same cut-off
// and settings, and the package has the same bytes.
type Statement struct {
	Run      string            `json:"run"`      // id of the run that made the figures
	CutOff   time.Time         `json:"cut_off"`  // what was recorded later isn't in it; whole seconds
	Campaign Subject           `json:"campaign"` //
	Wave     Subject           `json:"wave"`     // zero where the dossier is of no single wave
	Program  string            `json:"program"`  // version of the program
	Settings map[string]string `json:"settings"` // by name
	Audit    Head              `json:"audit"`    // end of the audit chain at the cut-off
	Edited   []Passage         `json:"edited"`   // texts that the office changed, in their order
}

// Subject is a thing by its id and its name.
type Subject struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Head is the end of an audit chain.
type Head struct {
	Chain string `json:"chain"`
	Hash  string `json:"hash"`
	Seq   uint64 `json:"seq"`
}

// Passage is a text of the report that the office changed before sealing.
type Passage struct {
	Is    string `json:"is"`    // what is printed
	Place string `json:"place"` // where it stands, in words
	Was   string `json:"was"`   // what the data gave
}

// Manifest is what was signed. Its JSON has no white space, its keys are sorted, and its
// instants are UTC: one content has one text.
type Manifest struct {
	Audit    Head              `json:"audit"`
	Campaign Subject           `json:"campaign"`
	CutOff   time.Time         `json:"cut_off"`
	Edited   []Passage         `json:"edited"`
	Files    []File            `json:"files"` // in the order of the archive, without manifest and signature
	Format   string            `json:"format"`
	Key      Key               `json:"key"`
	Program  string            `json:"program"`
	Run      string            `json:"run"`
	Settings map[string]string `json:"settings"`
	Version  int               `json:"version"`
	Wave     Subject           `json:"wave"`
}

// File is one file of a package. Sizes are in bytes, hashes in hexadecimal.
type File struct {
	Name         string `json:"name"`
	Packed       int64  `json:"packed"`                  // size in the archive
	PackedSHA256 string `json:"packed_sha256,omitempty"` // of the deflated bytes, empty where the file is stored as it is
	SHA256       string `json:"sha256"`
	Size         int64  `json:"size"`
}

func (f File) stored() bool { return f.PackedSHA256 == "" }

// Key tells by which key a manifest is signed.
type Key struct {
	Fingerprint string `json:"fingerprint"` // see Fingerprint
	Public      []byte `json:"public"`      // 32 bytes, base64 in JSON
}

// manifest gives the manifest of a statement and its files.
func (s Statement) manifest(public ed25519.PublicKey, files []File) Manifest {
	m := Manifest{Audit: s.Audit, Campaign: s.Campaign, CutOff: s.CutOff.UTC().Truncate(time.Second), Edited: s.Edited, Files: files, Format: Format,
		Key: Key{Fingerprint: Fingerprint(public), Public: public}, Program: s.Program, Run: s.Run, Settings: s.Settings, Version: Version, Wave: s.Wave}
	if m.Edited == nil {
		m.Edited = []Passage{}
	}
	if m.Files == nil {
		m.Files = []File{}
	}
	if m.Settings == nil {
		m.Settings = map[string]string{}
	}
	return m
}

// statement gives back what a package says of itself.
func (m Manifest) statement() *Statement {
	return &Statement{Run: m.Run, CutOff: m.CutOff, Campaign: m.Campaign, Wave: m.Wave, Program: m.Program, Settings: m.Settings, Audit: m.Audit, Edited: m.Edited}
}

// Bytes gives the manifest as it is signed.
func (m Manifest) Bytes() ([]byte, error) { return plainJSON(m) }

func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	if err := out.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
