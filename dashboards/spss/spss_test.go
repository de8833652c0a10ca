package spss_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"shuixuan/dashboards/spss"
)

// hostile are texts that have broken a reader somewhere.
var hostile = []string{
	"", "河水变清了", "💧节水👨‍👩‍👧", `说"好",'行'`, "第一行\n第二行", "=1+1", "a,b;c\td", "]]></x>", "\\N", "'", " 前有空格", ".", "12345678", "123456789",
	strings.Repeat("水", 100), strings.Repeat("长", 300), strings.Repeat("x", 252), strings.Repeat("y", 255), strings.Repeat("z", 256), strings.Repeat("é", 504),
}

// numbers are those that are written in one byte, those at the ends of it, and others.
var numbers = []float64{0, 1, -1, -99, -100, 151, 152, 0.5, -0.25, 1e15, -1e15, 123456789012345, math.Pi, 1e-300, 1.7e308, math.NaN(), -9, 2014}

func dictionary() spss.Dictionary {
	widest := 0
	for _, s := range hostile {
		widest = max(widest, len(s))
	}
	scale := []spss.Label{{Value: spss.Number(1), Text: "非常满意"}, {Value: spss.Number(2), Text: "一般“普通”"}, {Value: spss.Number(-9), Text: "未作答"}, {Value: spss.Number(-8), Text: strings.Repeat("按题意跳过", 20)}}
	return spss.Dictionary{
		Label: "水生态文明城市建设问卷（第一轮）水生态文明城市建设问卷", Product: "shuixuan", Created: time.Date(2014, 10, 27, 8, 30, 1, 0, time.UTC), Cases: -1,
		Variables: []spss.Variable{
			{Name: "number", Label: strings.Repeat("您对本市河流的水质满意吗？", 10), Decimals: 2, Measure: spss.Scale},
			{Name: "satisfied_with_the_river", Label: "河流水质", Measure: spss.Ordinal, Labels: scale,
				Missing: spss.Missing{HasRange: true, Low: -9, High: -6, Values: []spss.Value{spss.Number(5)}}},
			{Name: "carriers_board", Label: "广告牌", Measure: spss.Nominal, Missing: spss.Missing{Values: []spss.Value{spss.Number(-9), spss.Number(-8)}}},
			{Name: "carriers_screen", Label: "电子屏", Measure: spss.Nominal},
			{Name: "code", Width: 8, Measure: spss.Nominal, Label: "片区", Labels: []spss.Label{{Value: spss.Text("east"), Text: "东片"}}, Missing: spss.Missing{Values: []spss.Value{spss.Text("")}}},
			{Name: "area_of_the_city", Width: 12, Measure: spss.Nominal, Labels: []spss.Label{{Value: spss.Text("new-district"), Text: "新城"}}, Missing: spss.Missing{Values: []spss.Value{spss.Text("")}}},
			{Name: "suggestion", Width: widest, Measure: spss.Nominal, Label: "您还有什么建议？", Missing: spss.Missing{Values: []spss.Value{spss.Text("")}}},
			{Name: "suggestion_2", Width: 256, Measure: spss.Nominal},
			{Name: "last", Decimals: 16, Measure: spss.Scale},
		},
		Sets: []spss.Set{{Name: "carriers", Label: "见过的宣传", Counted: 1, Variables: []string{"carriers_board", "carriers_screen"}}},
	}
}

func rows() [][]spss.Value {
	var all [][]spss.Value
	for i := range max(len(hostile), len(numbers)) {
		text, n := hostile[i%len(hostile)], numbers[i%len(numbers)]
		short := []string{"east", "", "west"}[i%3]
		area := []string{"new-district", "", "老城"}[i%3]
		second := text
		if len(second) > 256 {
			second = "另一个"
		}
		all = append(all, []spss.Value{spss.Number(n), spss.Number([]float64{1, 2, -9, -8, 5}[i%5]), spss.Number(float64(i % 2)), spss.Number([]float64{1, math.NaN()}[i%2]),
			spss.Text(short), spss.Text(area), spss.Text(text), spss.Text(second), spss.Number(-n)})
	}
	return all
}

func write(t testing.TB, d spss.Dictionary, rows [][]spss.Value) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := spss.NewWriter(&b, d)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pspp runs commands on a file and gives what it says. A warning is a fault: the file would be
// repaired by guessing.
func pspp(t *testing.T, sav []byte, commands string) (folder, says string) {
	t.Helper()
	program, err := exec.LookPath("pspp")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("there is no pspp")
		}
		t.Skip("there is no pspp")
	}
	folder = t.TempDir()
	for name, content := range map[string][]byte{"x.sav": sav, "x.sps": []byte("GET FILE='x.sav'.\n" + commands)} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.Command(program, "--no-statrc", "-o", "-", "-O", "format=csv", "x.sps")
	command.Dir, command.Env = folder, append(os.Environ(), "LC_ALL=C.UTF-8", "HOME="+folder)
	out, err := command.CombinedOutput()
	if err != nil || bytes.Contains(out, []byte("warning:")) || bytes.Contains(out, []byte("error:")) {
		t.Fatalf("pspp: %v\n%s", err, out)
	}
	return folder, string(out)
}

// TestCellByCell: what PSPP reads is what was written.
func TestCellByCell(t *testing.T) {
	d, want := dictionary(), rows()
	folder, _ := pspp(t, write(t, d, want), "SAVE TRANSLATE /OUTFILE='x.csv' /TYPE=CSV /FIELDNAMES /CELLS=VALUES /MISSING=IGNORE.\n")
	content, err := os.ReadFile(filepath.Join(folder, "x.csv"))
	if err != nil {
		t.Fatal(err)
	}
	read, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(read) != len(want)+1 {
		t.Fatalf("%d rows were read, want %d", len(read)-1, len(want))
	}
	for i, row := range want {
		for k, cell := range row {
			v := d.Variables[k]
			if read[0][k] != v.Name {
				t.Errorf("column %d is named %q, want %q", k, read[0][k], v.Name)
			}
			if got := read[i+1][k]; !same(v, cell, got) {
				t.Errorf("row %d, %s: %q, want %v", i+1, v.Name, got, cell)
			}
		}
	}
}

func same(v spss.Variable, want spss.Value, got string) bool {
	if v.Width > 0 {
		return got == strings.TrimRight(want.Text, " ")
	}
	if math.IsNaN(want.Number) {
		return strings.TrimSpace(got) == ""
	}
	read, err := strconv.ParseFloat(strings.TrimSpace(got), 64)
	return err == nil && math.Abs(read-want.Number) <= 1e-13*math.Abs(want.Number)
}

// TestDictionaryAsRead: names, labels, measures, missing values and multiple choices, as PSPP
// shows and uses them.
func TestDictionaryAsRead(t *testing.T) {
	_, says := pspp(t, write(t, dictionary(), rows()), "DISPLAY DICTIONARY.\nDISPLAY FILE LABEL.\nMRSETS /DISPLAY NAME=ALL.\nFREQUENCIES satisfied_with_the_river code area_of_the_city.\nLIST number code.\nSYSFILE INFO 'x.sav'.\n")
	cut := strings.Repeat("您对本市河流的水质满意吗？", 6) + "您对本市河流…" // 234 and 21 bytes
	for _, want := range []string{
		"number,1," + cut + ",Scale,Input,12,Right,F12.2,F12.2,\n",
		"satisfied_with_the_river,2,河流水质,Ordinal,Input,10,Right,F10.0,F10.0,-9 THRU -6; 5\n",
		"carriers_board,3,广告牌,Nominal,Input,10,Right,F10.0,F10.0,-9; -8\n",
		`code,5,片区,Nominal,Input,8,Left,A8,A8,"""        """` + "\n",
		`suggestion,7,您还有什么建议？,Nominal,Input,40,Left,A1008,A1008,"""        """` + "\n",
		"suggestion_2,8,,Nominal,Input,40,Left,A256,A256,\n",
		"last,9,,Scale,Input,26,Right,F26.16,F26.16,\n",
		"河流水质,-9[a],未作答\n", ",2,一般“普通”\n", "片区,east,东片\n", "area_of_the_city,new-district,新城\n",
		"$carriers,见过的宣传,Dichotomies,1,\"carriers_board\ncarriers_screen\"\n",
		"N,Valid,8\n,Missing,12\n", // 20 rows, of five in turn 1, 2 and three that are missing
		"Valid,非常满意,4,20.0%,50.0%,50.0%\n", "Missing,未作答,4,20.0%,,\n", "Valid,东片,7,35.0%,53.8%,53.8%\n", "Valid,新城,7,35.0%,53.8%,53.8%\n",
		"Created,27 Oct 14 08:30:01 by shuixuan\n", "Encoding,UTF-8\n", "Compression,SAV\n", "Cases,Unknown\n", "Label,水生态文明城市建设问卷（第一轮）水生态…\n",
		".50,\n", // number and an empty code in a listing
	} {
		if !strings.Contains(says, want) {
			t.Errorf("PSPP doesn't say %q", want)
		}
	}
	if t.Failed() {
		t.Log(says)
	}
}

// TestNoRows: an empty file has its dictionary and no row.
func TestNoRows(t *testing.T) {
	d := dictionary()
	d.Cases = 0
	_, says := pspp(t, write(t, d, nil), "DISPLAY DICTIONARY.\nCOMPUTE n=$CASENUM.\nLIST.\nSYSFILE INFO 'x.sav'.\n")
	if !strings.Contains(says, "Cases,0\n") || strings.Contains(says, "Data List") || !strings.Contains(says, "suggestion,7,") {
		t.Error(says)
	}
}

// TestNumberOfCases: it is filled in where the file can be gone back in, checked where it was
// said, and the same input gives the same bytes.
func TestNumberOfCases(t *testing.T) {
	known := dictionary()
	known.Cases = int64(len(rows()))
	if !bytes.Equal(write(t, known, rows()), write(t, known, rows())) {
		t.Error("the same rows gave other bytes")
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "x.sav"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w, err := spss.NewWriter(file, dictionary())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows() {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	sav, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	if _, says := pspp(t, sav, "SYSFILE INFO 'x.sav'.\n"); !strings.Contains(says, "Cases,20\n") {
		t.Error(says)
	}
	known.Cases = 3
	w, err = spss.NewWriter(&bytes.Buffer{}, known)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rows()[0]); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err == nil {
		t.Error("one row was taken for three")
	}
}

// TestFullDisk: what could not be written is an error at Close at the latest.
func TestFullDisk(t *testing.T) {
	w, err := spss.NewWriter(&full{left: 1000}, dictionary())
	for i := 0; err == nil && i < 10_000; i++ {
		err = w.Write(rows()[0])
	}
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		t.Error("a full disk was not noticed")
	}
}

type full struct{ left int }

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errors.New("no space left on device")
	}
	return len(p), nil
}

// TestRefused: what the format can't hold is refused and not changed.
func TestRefused(t *testing.T) {
	check := func(what, want string, bend func(d *spss.Dictionary)) {
		t.Helper()
		d := dictionary()
		bend(&d)
		_, err := spss.NewWriter(&bytes.Buffer{}, d)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", what, err, want)
		}
	}
	check("nothing", "no variables", func(d *spss.Dictionary) { d.Variables = nil })
	check("a Chinese name", "not a name", func(d *spss.Dictionary) { d.Variables[0].Name = "性别" })
	check("a word of the syntax", "not a name", func(d *spss.Dictionary) { d.Variables[0].Name = "with" })
	check("two alike", `both named "NUMBER"`, func(d *spss.Dictionary) { d.Variables[8].Name = "NUMBER" })
	check("too wide", "width", func(d *spss.Dictionary) { d.Variables[6].Width = 40_000 })
	check("four missing values", "4 missing values", func(d *spss.Dictionary) { d.Variables[2].Missing.Values = make([]spss.Value, 4) })
	check("a range upside down", "range", func(d *spss.Dictionary) { d.Variables[1].Missing.High = -10 })
	check("a missing text of 9 bytes", "longer than 8", func(d *spss.Dictionary) { d.Variables[5].Missing.Values = []spss.Value{spss.Text("123456789")} })
	check("a label of too long a text", "9 bytes", func(d *spss.Dictionary) { d.Variables[4].Labels[0].Value.Text = "123456789" })
	check("a label of no number", "of no value", func(d *spss.Dictionary) { d.Variables[1].Labels[0].Value = spss.None() })
	check("a set of one", "two are needed", func(d *spss.Dictionary) { d.Sets[0].Variables = d.Sets[0].Variables[:1] })
	check("a set of texts", "no number", func(d *spss.Dictionary) { d.Sets[0].Variables[0] = "code" })

	w, err := spss.NewWriter(&bytes.Buffer{}, dictionary())
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []struct {
		at   int
		cell spss.Value
	}{{0, spss.Number(math.Inf(1))}, {0, spss.Number(-math.MaxFloat64)}, {4, spss.Text("123456789")}, {6, spss.Text("\xff")}, {6, spss.Text("a\x00b")}} {
		row := append([]spss.Value{}, rows()[0]...)
		row[bad.at] = bad.cell
		if err := w.Write(row); err == nil || !strings.Contains(err.Error(), "row 1") {
			t.Errorf("%v: %v", bad.cell, err)
		}
	}
	if err := w.Write(rows()[0][:3]); err == nil {
		t.Error("a short row was taken")
	}
}

func TestNames(t *testing.T) {
	codes := []string{"sex", "性别", "Sex", "q-1", "q 1", "1st", "with", "sat_river", "", "年龄age", strings.Repeat("a", 80), strings.Repeat("a", 81), "sex_2"}
	want := []string{"sex", "q2", "Sex_3", "q_1", "q_1_2", "q_1st", "q_with", "sat_river", "q9", "age", strings.Repeat("a", 56), strings.Repeat("a", 56) + "_2", "sex_2"}
	if got := spss.Names(codes); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func ExampleWriter() {
	var file bytes.Buffer
	w, err := spss.NewWriter(&file, spss.Dictionary{
		Label: "水资源保护问卷", Product: "shuixuan", Created: time.Date(2014, 10, 27, 8, 0, 0, 0, time.UTC), Cases: 2,
		Variables: []spss.Variable{
			{Name: "sat_river", Label: "您对本市河流的水质满意吗？", Measure: spss.Ordinal,
				Labels:  []spss.Label{{Value: spss.Number(1), Text: "满意"}, {Value: spss.Number(2), Text: "不满意"}, {Value: spss.Number(-9), Text: "未作答"}},
				Missing: spss.Missing{HasRange: true, Low: -9, High: -1}},
			{Name: "suggestion", Label: "您还有什么建议？", Width: 300, Measure: spss.Nominal},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = w.Write([]spss.Value{spss.Number(1), spss.Text("多种树")}) // what fails here shows at Close
	_ = w.Write([]spss.Value{spss.Number(-9), spss.Text("")})
	fmt.Println(w.Close(), string(file.Bytes()[:4]))
	// Output: <nil> $FL2
}
