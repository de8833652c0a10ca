// Package backup makes one file of everything an installation can't do without, proves that
// file, and makes an installation of it again.
//
// What is kept is what can't be made anew: every table, the originals, the sealed dossiers, the
// key of the seal and the heads of the audit trail, all as of one instant, and beside them what
// else lies in the data folder. The file is a plain tar (within age, where a key is given), so
// that it can be opened with tools of any system in ten years; its last member lists all others
// with their SHA-256, and the block behind it stands for every byte that is no member's. It is
// written beside its name, read again from the disk, and only then gets its name.
//
// # Why
//
// Tables of the embedded engine are taken as files: links to parts that never change, made in
// the 5 ms in which inserts stand still. That costs the disk and not the engine, so people go on
// working; a later backup takes only the parts that weren't there before; and the rows come back
// without a view deriving anything twice. The files of a server are not ours, so there each table
// is read as rows, as of one instant. Either goes back into either: parts that shall go to a
// server are opened by an engine of their own first.
//
// The engine has a BACKUP statement. It knows neither originals nor key, writes where the server
// is and not where the operator is, and can't bring a folder to a cluster.
//
// An incremental backup lists all that belongs to its instant, and names for each thing the
// earlier file that holds it: what is to be restored stands in one list, not in a sequence of
// changes.
//
// It is apart from the commands, which only say what was done, and from the server's pages, which
// know nothing of it.
package backup

import (
	"path"
	"strings"
	"time"

	"shuixuan/app/clickhouse"
)

// Format is the version of the file's form that this program writes and the newest it reads.
const Format = 1

// Kind says whether a backup stands alone.
type Kind string

// The closed list of kinds.
const (
	Full        Kind = "full"
	Incremental Kind = "incremental" // needs the files of its chain beside it
)

// Content says in which form the tables are.
type Content string

// The closed list of contents.
const (
	Parts Content = "parts" // files of the engine
	Rows  Content = "rows"  // blocks of Native within zstd
)

// Head says what a file is; it is its first member.
type Head struct {
	Format       int       `json:"format"`
	ID           string    `json:"id"`
	Kind         Kind      `json:"kind"`
	At           time.Time `json:"at"`           // the instant it shows, UTC
	Installation string    `json:"installation"` // fingerprint of the key of the seal; empty where there is none yet
	Program      string    `json:"program"`
	Engine       string    `json:"engine"` // version of ClickHouse
	Schema       uint32    `json:"schema"` // number of the last migration
	Content      Content   `json:"content"`
	Chain        []Ref     `json:"chain,omitempty"` // earlier files that may hold some of it, the oldest first
}

// Ref names another backup.
type Ref struct {
	ID   string `json:"id"`
	File string `json:"file"` // its name when it was made
}

// Manifest is all that belongs to a backup; it is the last member.
type Manifest struct {
	Head
	Migrations []clickhouse.Step `json:"migrations"`
	Tables     []Table           `json:"tables"`
	Members    []Member          `json:"members"`
}

// Table is a table with how many rows came from it. A table of a server has no ID.
type Table struct {
	Name string `json:"name"`
	ID   string `json:"id,omitempty"`
	Rows uint64 `json:"rows"`
}

// Member is one file of the content.
type Member struct {
	Name     string    `json:"name"` // tables/TABLE/PART/FILE, rows/TABLE/NUMBER.native.zst or files/PATH
	Size     int64     `json:"size"` // bytes
	SHA256   string    `json:"sha256"`
	Modified time.Time `json:"modified,omitzero"`
	In       string    `json:"in,omitempty"` // id of the earlier backup that holds it; empty: this one
}

// Names within the file.
const (
	headName     = "shuixuan-backup.json"
	manifestName = "manifest.json"
	tablesFolder = "tables/"
	rowsFolder   = "rows/"
	filesFolder  = "files/"
)

// unchanging are the folders whose files are written once: one of the same size and time is
// the same.
func unchanging(name string) bool {
	for _, folder := range []string{tablesFolder, filesFolder + "originals/", filesFolder + "dossiers/", filesFolder + "derived/"} {
		if strings.HasPrefix(name, folder) {
			return true
		}
	}
	return false
}

// Result is a backup that was made.
type Result struct {
	Head
	File    string `json:"file"`
	Bytes   int64  `json:"bytes"`   // of the file
	Members int    `json:"members"` // that belong to it
	Reused  int    `json:"reused"`  // of them, in earlier files
	Rows    uint64 `json:"rows"`
	// Held is for how many milliseconds inserts stood still.
	Held int64 `json:"held_ms"`
	// Rotten are originals whose content is no longer what their name says: the disk of the
	// installation changed them before the backup.
	Rotten []string `json:"rotten,omitempty"`
}

// rotten are the originals whose content isn't that of their name.
func (m *Manifest) rotten() []string {
	var all []string
	for _, f := range m.Members {
		if name, is := strings.CutPrefix(f.Name, filesFolder+"originals/"); is && path.Base(name) != f.SHA256 {
			all = append(all, name)
		}
	}
	return all
}

// Step tells how far the work is, in bytes, and what is being done.
type Step func(done, of int64, doing string)

// china is where days and weeks are counted.
var china = time.FixedZone("Asia/Shanghai", 8*60*60)
