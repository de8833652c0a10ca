package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// exhibit is a placement in the index that lies in the package, by which the pages go.
type exhibit struct {
	Name, Placement, Task, Unit, State string
	UnitName                           string `json:"unit_name"`
	Counts, Proven                     bool
	Photos                             []struct{ Name, Path, SHA256 string }
}

// kept are the photos that speak for it; those set aside are numbered after them.
func (e exhibit) kept() (n int) {
	for _, p := range e.Photos {
		if !strings.Contains(p.Name, "作废") {
			n++
		}
	}
	return n
}

// task is the first part of the name.
func (e exhibit) task() string { name, _, _ := strings.Cut(e.Name, "-"); return name }

// counted is how many of some exhibits there are, are behind a figure, are proven, and what
// photos speak for them.
type counted struct{ all, counting, proven, photos, photosCounting int }

func (c *counted) add(e exhibit) {
	c.all++
	c.photos += e.kept()
	if e.Counts {
		c.counting++
		c.photosCounting += e.kept()
	}
	if e.Proven {
		c.proven++
	}
}

// packedTable reads a table of a package, without its heading.
func packedTable(t *testing.T, folder, name string) [][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff")))).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%s: %d rows, %v", name, len(rows), err)
	}
	return rows[1:]
}

// theSameExhibits holds the index of a package against the ledger that the API gives, and
// against everything that counts exhibits: report, workbook, tables, contact sheets, manifest,
// the originals themselves, and the dossier's page.
func theSameExhibits(t *testing.T, office *browser, s *server, p *reportPaper, folder, pack, at string, book *excelize.File, tasks []coverageLine) {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(folder, "证据", "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var index []exhibit
	if err := json.Unmarshal(body, &index); err != nil || len(index) < 100 {
		t.Fatalf("%d exhibits, %v", len(index), err)
	}
	theLedger(t, office, s, p, folder, index)
	theLists(t, p, folder, book, index)
	theOriginals(t, folder, pack, index)
	theMaterials(t, office, folder, at, index, tasks)
	theLedgersOfTheWorkbook(t, office, s, book, tasks)
}

// theLedger holds the index, the history of review and the report's sentence against the API.
func theLedger(t *testing.T, office *browser, s *server, p *reportPaper, folder string, index []exhibit) {
	t.Helper()
	type logged struct {
		ID, State, Task, Unit string
		Revision              int
		Photos                []struct{ SHA256, State string }
	}
	held := map[string]logged{}
	states, photos := map[string]int{}, 0
	for after := ""; ; {
		var page struct {
			Items []logged
			Next  string
		}
		office.json(s.address+"/api/v1/campaigns/feicheng/placements?limit=1000&after="+after, &page)
		for _, one := range page.Items {
			held[one.ID] = one
			states[one.State]++
			photos += len(one.Photos)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	if len(held) != len(index) {
		t.Errorf("the index has %d exhibits, the API %d placements", len(index), len(held))
	}
	steps, inspections := map[string]int{}, 0
	pictures := map[string]int{}
	for _, row := range packedTable(t, folder, "证据/审核经过.csv") {
		switch {
		case strings.HasPrefix(row[2], "照片"):
			pictures[row[0]]++
		case strings.HasPrefix(row[2], "巡查（"):
			inspections++
		default:
			steps[row[0]]++
		}
	}
	for _, e := range index {
		one, has := held[e.Placement]
		var is, want []string
		aside := 0
		for _, photo := range e.Photos {
			is = append(is, photo.SHA256)
		}
		for _, photo := range one.Photos {
			if want = append(want, photo.SHA256); photo.State != "kept" {
				aside++
			}
		}
		slices.Sort(is)
		slices.Sort(want)
		if !has || one.Task != e.Task || one.Unit != e.Unit || !slices.Equal(is, want) || e.kept() != len(want)-aside {
			t.Errorf("the index has %+v, the API %+v", e, one)
		}
		if steps[e.Name] != one.Revision || pictures[e.Name] != len(one.Photos) {
			t.Errorf("%s: %d steps and %d photos in the history, the API has %d revisions and %d photos", e.Name, steps[e.Name], pictures[e.Name], one.Revision, len(one.Photos))
		}
	}
	p.says("the ledger", fmt.Sprintf("累计登记%d条：已通过%d条，待审核%d条，已退回%d条，已拆除%d条，已撤回%d条；收到照片%d张，巡查记录%d次",
		len(held), states["accepted"], states["submitted"], states["returned"], states["taken-down"], states["withdrawn"], photos, inspections))
	theReceipts(t, office, s, packedTable(t, folder, "证据/收件回执.csv"))
}

// theReceipts holds what was answered to each file against the API.
func theReceipts(t *testing.T, office *browser, s *server, table [][]string) {
	t.Helper()
	ids := make([]string, len(table))
	for i, row := range table {
		ids[i] = row[0]
	}
	list, err := json.Marshal(ids)
	if err != nil {
		t.Fatal(err)
	}
	text := later[string](office, fmt.Sprintf(`Promise.all(%s.map(id => fetch(%q + id).then(r => r.json()))).then(JSON.stringify)`, list, s.address+"/api/v1/campaigns/feicheng/imports/"))
	var receipts []struct {
		Rows     int
		Already  int `json:"already_known"`
		Accepted []any
		Rejected []struct{ Row int }
		Skipped  []any
	}
	if err := json.Unmarshal([]byte(text), &receipts); err != nil || len(receipts) != len(table) {
		t.Fatalf("%.300s: %v", text, err)
	}
	for i, row := range table {
		receipt := receipts[i]
		rejected := map[int]bool{}
		for _, r := range receipt.Rejected {
			rejected[r.Row] = true
		}
		if want := []int{receipt.Rows, len(receipt.Accepted), len(rejected), len(receipt.Skipped), receipt.Already}; fmt.Sprint(want) != "["+strings.Join(row[6:11], " ")+"]" {
			t.Errorf("the receipt %q, the API says %v", row, want)
		}
	}
}

// theLists holds the list of exhibits as a table and in the workbook, and the report's index,
// against the index of the package.
func theLists(t *testing.T, p *reportPaper, folder string, book *excelize.File, index []exhibit) {
	t.Helper()
	sheet := cells(t, book, "证据目录")
	from := slices.IndexFunc(sheet, func(row []string) bool { return len(row) > 0 && row[0] == "编号" }) + 1
	table := packedTable(t, folder, "证据/证据目录.csv")
	if len(table) != len(index) || len(sheet)-from != len(index) {
		t.Fatalf("%d exhibits in the table, %d in the workbook, %d in the index", len(table), len(sheet)-from, len(index))
	}
	var want [][]string // of the report: one row for each task and unit
	var sums counted
	for i, e := range index {
		counts := map[bool]string{true: "是", false: "否"}[e.Counts]
		if row := table[i]; row[0] != e.Name || row[10] != strconv.Itoa(e.kept()) || row[12] != counts || row[13] != e.Placement || row[8] != e.State {
			t.Errorf("the table of exhibits says %q, the index %+v", row, e)
		}
		if row := sheet[from+i]; row[0] != e.Name || row[9] != strconv.Itoa(e.kept()) || row[10] != counts || row[7] != e.State {
			t.Errorf("the workbook says %q, the index %+v", row, e)
		}
		if i == 0 || index[i-1].Task != e.Task || index[i-1].Unit != e.Unit {
			sums = counted{}
			want = append(want, []string{"〔" + e.task() + "〕", e.Task, e.UnitName, e.Name, "", ""})
		}
		sums.add(e)
		row := want[len(want)-1]
		if row[4], row[5] = strconv.Itoa(sums.all), strconv.Itoa(sums.photos); sums.all > 1 {
			first, _, _ := strings.Cut(row[3], "至")
			row[3] = first + "至" + e.Name
		}
	}
	sameRows(t, "the exhibits of the report", p.table("证据"), want)
}

// photoNumber is a photo on a contact sheet.
var photoNumber = regexp.MustCompile(`证\d+-\d{3,}-\d+`)

// theOriginals holds the photos: those that lie in the package are those of index and manifest,
// byte for byte, and those on the contact sheets are those that speak for an exhibit.
func theOriginals(t *testing.T, folder, pack string, index []exhibit) {
	t.Helper()
	sums := map[string]string{}
	var shown, kept []string
	for _, e := range index {
		for _, photo := range e.Photos {
			sums[photo.Path] = photo.SHA256
			if !strings.Contains(photo.Name, "作废") {
				kept = append(kept, photo.Name)
			}
		}
	}
	if len(kept) == len(sums) || len(kept) == 0 {
		t.Errorf("of %d photos %d are kept: none was set aside", len(sums), len(kept))
	}
	var manifest struct {
		Files []struct{ Name, SHA256 string }
	}
	if body, err := os.ReadFile(filepath.Join(folder, "manifest.json")); err != nil {
		t.Fatal(err)
	} else if err := json.Unmarshal(body, &manifest); err != nil {
		t.Fatal(err)
	}
	listed := 0
	for _, f := range manifest.Files {
		if strings.Contains(f.Name, "/原件/") {
			listed++
			if sums[f.Name] != f.SHA256 {
				t.Errorf("the manifest has %s of %s, the index %s", f.SHA256, f.Name, sums[f.Name])
			}
		}
	}
	archive, err := zip.OpenReader(pack)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	there := 0
	for _, f := range archive.File {
		if !strings.Contains(f.Name, "/原件/") {
			continue
		}
		there++
		sum := sha256.New()
		from, err := f.Open()
		if err == nil {
			_, err = io.Copy(sum, from)
			from.Close()
		}
		if err != nil || hex.EncodeToString(sum.Sum(nil)) != sums[f.Name] {
			t.Errorf("%s isn't the photo of the index, %v", f.Name, err)
		}
	}
	if listed != len(sums) || there != len(sums) {
		t.Errorf("%d originals in the manifest, %d in the package, %d in the index", listed, there, len(sums))
	}
	sheets, err := filepath.Glob(filepath.Join(folder, "证据", "照片目录-*.pdf"))
	if err != nil || len(sheets) == 0 {
		t.Fatalf("no contact sheets, %v", err)
	}
	for _, name := range sheets {
		text, err := exec.Command("pdftotext", name, "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		shown = append(shown, photoNumber.FindAllString(string(text), -1)...)
	}
	slices.Sort(shown)
	slices.Sort(kept)
	if !slices.Equal(shown, kept) {
		t.Errorf("%d photos on the contact sheets, %d kept in the index", len(shown), len(kept))
	}
}

// theMaterials holds the index of materials and the page of each task's exhibits against the
// index, and both against the API's coverage.
func theMaterials(t *testing.T, office *browser, folder, at string, index []exhibit, tasks []coverageLine) {
	t.Helper()
	by := map[string]*counted{}
	names := map[string]string{}
	for _, e := range index {
		if by[e.Task] == nil {
			by[e.Task], names[e.Task] = &counted{}, e.task()
		}
		by[e.Task].add(e)
	}
	materials := packedTable(t, folder, "证据/材料目录.csv")
	for i, l := range tasks { // without a list of the inspection's own these are the tasks, and the survey
		want := by[l.Key]
		if row := materials[i]; row[0] != l.Key || row[3] != strconv.Itoa(want.counting) || row[4] != strconv.Itoa(want.proven) || row[5] != strconv.Itoa(want.photosCounting) {
			t.Errorf("the materials are %q, the index has %+v", row, want)
		}
		if int64(want.counting) != l.Logged || int64(want.proven) != l.Proven {
			t.Errorf("%s: the exhibits are %+v, the coverage %+v", l.Key, want, l)
		}
		page := later[string](office, fmt.Sprintf(`fetch(%q).then(r => r.text())`, at+"/exhibits?of="+names[l.Key]))
		for _, words := range []string{fmt.Sprintf("共%d处，计入数字%d处，其中已证明%d处", want.all, want.counting, want.proven), fmt.Sprintf("%s %s（%d）", names[l.Key], l.Key, want.all)} {
			if !strings.Contains(page, words) {
				t.Errorf("the page of %s doesn't say: %s", names[l.Key], words)
			}
		}
	}
	if len(materials) != len(tasks)+1 {
		t.Errorf("%d materials of %d tasks and a survey", len(materials), len(tasks))
	}
}

// theLedgersOfTheWorkbook holds the sums under each part of the two ledgers against the API.
func theLedgersOfTheWorkbook(t *testing.T, office *browser, s *server, book *excelize.File, tasks []coverageLine) {
	t.Helper()
	var units coverageAnswer
	office.json(s.address+"/api/v1/campaigns/feicheng/coverage?by=unit", &units)
	sum := func(l coverageLine) string { return fmt.Sprintf("%d条，在位%d条", l.Logged, l.Standing) }
	for name, lines := range map[string][]coverageLine{"按任务台账": tasks, "按单位台账": units.Items} {
		var want, is []string
		for _, l := range lines {
			if l.Logged > 0 {
				want = append(want, sum(l))
			}
		}
		for _, row := range cells(t, book, name) {
			if len(row) > 2 && (row[1] == "小计" || row[1] == "总计") {
				is = append(is, row[2])
			}
		}
		if want = append(want, sum(units.Total)); !slices.Equal(is, want) {
			t.Errorf("%s: the sums are %q, the API has %q", name, is, want)
		}
	}
}
