package handover_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/app/campaign"
	"shuixuan/app/survey"
	"shuixuan/dashboards/handover"
)

// printed are figures as the pages have them: indicators, a composite, distributions of a single
// and of a multiple choice, and the mean of a number.
func printed(s handover.Source, all []survey.Response) []handover.Figure {
	q := s.Questionnaire.Flat()
	seen, sat := survey.Indicator{}, survey.Indicator{}
	for _, i := range q.Indicators {
		switch i.Name {
		case "seen":
			seen = i
		case "satisfied":
			sat = i
		}
	}
	reach := func(r survey.Response) float64 {
		if len(r.Choices["carriers"]) == 0 {
			return nan
		}
		if slices.Contains(r.Choices["carriers"], "screen") {
			return 1
		}
		return 0
	}
	everyone := make([]bool, len(all))
	for i := range everyone {
		everyone[i] = true
	}
	indicators := &analytics.Indicators{Figures: []analytics.IndicatorFigure{
		{Indicator: sat, Total: analytics.GroupFigure{Estimate: plainly(rows(all, satisfied), everyone, handover.Share)}},
		{Indicator: seen, Total: analytics.GroupFigure{Estimate: plainly(rows(all, reach), everyone, handover.Share)}},
	}}
	a, b := indicators.Figures[0].Total.Estimate, indicators.Figures[1].Total.Estimate
	composite, _ := estimate.Composite([]estimate.Part{{Name: "a", Weight: 0.4, Estimate: a}, {Name: "b", Weight: 0.6, Estimate: b}})
	indicators.Composite = &analytics.Composite{Estimate: composite, Parts: []analytics.CompositePart{{Weight: 0.4, Indicator: "satisfied"}, {Weight: 0.6, Indicator: "seen"}}}
	list := handover.OfIndicators(s.Questionnaire, indicators, "")
	for _, name := range []string{"sat_river", "carriers", "sex"} {
		list = append(list, handover.OfDistribution(distribution(q, name, all), true)...)
	}
	years := estimate.Index(scored(all), 0.95, 30)
	return append(list, handover.Figure{ID: "years", Label: "居住年数", Kind: handover.Mean, Question: "years", Weighting: handover.Plain, Interval: handover.IntervalT, Level: 0.95,
		Value: years.Text(2), Lower: estimate.Round(years.Lower, 2), Upper: estimate.Round(years.Upper, 2), Base: years.Base})
}

var nan = func() float64 { v, _ := strconv.ParseFloat("NaN", 64); return v }()

func scored(all []survey.Response) []estimate.Scored {
	counts := map[float64]int64{}
	for _, r := range all {
		counts[r.Numbers["years"]]++
	}
	var list []estimate.Scored
	for _, v := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, estimate.Scored{Value: v, Count: counts[v]})
	}
	return list
}

// distribution counts a question in all and by sex, with a group of nobody.
func distribution(q survey.Questionnaire, name string, all []survey.Response) *analytics.Distribution {
	question, _ := q.Question(name)
	group := func(code, label string) analytics.GroupDistribution {
		g := analytics.GroupDistribution{Code: code, Label: label}
		counts := map[string]int64{}
		for _, r := range all {
			if codes := r.Choices[name]; (code == "" || r.Choices["sex"][0] == code) && len(codes) > 0 {
				g.Answered++
				for _, c := range codes {
					counts[c]++
					g.Mentions++
				}
			}
		}
		for _, o := range question.Options {
			one := analytics.OptionCount{Code: o.Code, Label: o.Label, Persons: estimate.Proportion(counts[o.Code], g.Answered, 0.95, 30)}
			if question.Type == survey.Multiple {
				one.Mentions = estimate.ShareOfMentions(counts[o.Code], g.Mentions)
			}
			g.Options = append(g.Options, one)
		}
		return g
	}
	return &analytics.Distribution{Question: question, By: "sex", Total: group("", ""), Groups: []analytics.GroupDistribution{group("male", "男"), group("female", "女"), group("nobody", "没有人")}}
}

// TestFalsified: figures of every kind agree, and each one that is changed by a digit is named
// and ends the script with 1.
func TestFalsified(t *testing.T) {
	all := responses(300)
	s := source(t, all)
	list := printed(s, counted(all))
	d := open(t, s)
	if says, status := reproduce(t, folder(t, d, list), "C.UTF-8"); status != 0 || !strings.Contains(says, fmt.Sprintf("%d个数字一致，0个不一致", len(list))) {
		t.Fatalf("status %d\n%s", status, says)
	}
	false1 := slices.Clone(list)
	one := func(id string, bend func(*handover.Figure)) {
		bend(&false1[slices.IndexFunc(false1, func(f handover.Figure) bool { return f.ID == id })])
	}
	up := func(text string) string {
		v, _ := strconv.ParseFloat(text, 64)
		return estimate.Round(v+0.1, 1)
	}
	one("satisfied", func(f *handover.Figure) { f.Value = up(f.Value) })
	one("seen", func(f *handover.Figure) { f.Upper = up(f.Upper) })
	one("sex=male", func(f *handover.Figure) { f.Base++ })
	one("mentions/carriers=board", func(f *handover.Figure) { f.Value = up(up(f.Value)) })
	one("composite", func(f *handover.Figure) { f.Value = up(f.Value) })
	one("sex=male/sex=nobody", func(f *handover.Figure) { f.Value = "50.0" })
	says, status := reproduce(t, folder(t, d, false1), "C.UTF-8")
	var named []string
	for _, line := range strings.Split(says, "\n") {
		if id, wrong := strings.CutPrefix(line, "不一致  "); wrong {
			named = append(named, strings.Fields(id)[0])
		}
	}
	if want := []string{"satisfied", "seen", "composite", "mentions/carriers=board", "sex=male", "sex=male/sex=nobody"}; status != 1 || !slices.Equal(named, want) {
		t.Errorf("status %d, %q, want 1 and %q\n%s", status, named, want, says)
	}
	if _, status := reproduce(t, folder(t, d, nil), "C.UTF-8"); status != 1 {
		t.Errorf("no figure at all: status %d, want 1", status)
	}
	// A row that was changed after the fact.
	dir := folder(t, d, list)
	path := filepath.Join(dir, handover.ResponsesFile)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(content, []byte(",fairly,"), []byte(",unsure,"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if says, status := reproduce(t, dir, "C.UTF-8"); status != 1 || !strings.Contains(says, "不一致  satisfied  ") {
		t.Errorf("a changed row: status %d\n%s", status, says)
	}
	if err := os.Remove(filepath.Join(dir, handover.DesignFile)); err != nil {
		t.Fatal(err)
	}
	if says, status := reproduce(t, dir, "C.UTF-8"); status != 2 || !strings.Contains(says, "缺少文件 design.csv") {
		t.Errorf("without the design: status %d\n%s", status, says)
	}
}

func table(t testing.TB, write func(*bytes.Buffer) error) ([]string, []map[string]string) {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	content, marked := bytes.CutPrefix(b.Bytes(), []byte("\ufeff"))
	if !marked {
		t.Error("no byte order mark")
	}
	all, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, line := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = line[i]
		}
		rows = append(rows, row)
	}
	return all[0], rows
}

// TestResponses: codes as they were given, the words masked and harmless, nothing that names a
// person or a row of record.
func TestResponses(t *testing.T) {
	all := responses(120)
	d := open(t, source(t, all))
	head, got := table(t, func(b *bytes.Buffer) error { return d.Responses(context.Background(), b) })
	if want := "row stratum area mode disposition group sex age carriers_board carriers_screen carriers_other carriers_none carriers_other_2 sat_river sat_rain years suggestion helps"; strings.Join(head, " ") != want {
		t.Errorf("columns %q, want %q", head, want)
	}
	want := counted(all)
	if len(got) != len(want) || d.Report.Rows != int64(len(want)) || d.Report.LeftOut != int64(len(all)-len(want)) {
		t.Fatalf("%d rows, report %+v, want %d of %d", len(got), d.Report, len(want), len(all))
	}
	for i, r := range want {
		x := got[i]
		code := strings.Join(r.Choices["sat_river"], "")
		if code == "-" {
			code = "'-"
		}
		if x["row"] != strconv.Itoa(i+1) || x["stratum"] != r.Stratum || x["sat_river"] != code || x["years"] != strconv.FormatFloat(r.Numbers["years"], 'f', -1, 64) || x["sat_rain"] != "" {
			t.Errorf("row %d: %v of %+v", i+1, x, r)
		}
		board := ""
		if codes := r.Choices["carriers"]; len(codes) > 0 {
			board = "0"
			if slices.Contains(codes, "board") {
				board = "1"
			}
		}
		if x["carriers_board"] != board || x["carriers_other_2"] != r.Texts["carriers.other"] {
			t.Errorf("row %d: %v of %v", i+1, x, r.Choices)
		}
	}
	dir := folder(t, d, printed(source(t, all), want))
	for _, name := range []string{handover.ResponsesFile, handover.SavFile, handover.DesignFile, handover.CodebookFile} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"张晓明", "13812345678", "hash", "jiaoyu", "2014-09-06", want[0].ID.String()} {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s holds %q", name, secret)
			}
		}
		if name != handover.SavFile && (bytes.Contains(content, []byte(",=")) || bytes.Contains(content, []byte("\n="))) {
			t.Errorf("%s holds a formula", name)
		}
	}
}

// TestSavAsRead: PSPP reads the same cells as stand in the CSV, tells why there is no answer, and
// counts what is missing as missing.
func TestSavAsRead(t *testing.T) {
	program, err := exec.LookPath("pspp")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("there is no pspp")
		}
		t.Skip("there is no pspp")
	}
	all := responses(200)
	s := source(t, all)
	d := open(t, s)
	dir := folder(t, d, nil)
	commands := "GET FILE='responses.sav'.\nDISPLAY DICTIONARY.\nMRSETS /DISPLAY NAME=ALL.\nFREQUENCIES sat_river.\nSAVE TRANSLATE /OUTFILE='x.csv' /TYPE=CSV /FIELDNAMES /CELLS=VALUES /MISSING=IGNORE.\n"
	if err := os.WriteFile(filepath.Join(dir, "x.sps"), []byte(commands), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, "--no-statrc", "-o", "-", "-O", "format=csv", "x.sps")
	command.Dir, command.Env = dir, append(os.Environ(), "LC_ALL=C.UTF-8", "HOME="+dir)
	out, err := command.CombinedOutput()
	if err != nil || bytes.Contains(out, []byte("warning:")) || bytes.Contains(out, []byte("error:")) {
		t.Fatalf("pspp: %v\n%s", err, out)
	}
	for _, want := range []string{
		"sat_river,14,您满意吗？：河水,Ordinal,Input,10,Right,F10.0,F10.0,-9 THRU -6; 4\n", ",4[a],说不清\n", ",-7[a],纸面看不清\n",
		"years,16,您住了几年？,Scale,Input,12,Right,F12.2,F12.2,-999999999 THRU -999999996\n",
		"$carriers,您看到过哪些宣传？,Dichotomies,1,\"carriers_board\ncarriers_screen\ncarriers_other\ncarriers_none\"\n", "design_weight,",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("PSPP doesn't say %q", want)
		}
	}
	content, err := os.ReadFile(filepath.Join(dir, "x.csv"))
	if err != nil {
		t.Fatal(err)
	}
	_, sav := table(t, func(b *bytes.Buffer) error { b.WriteString("\ufeff" + string(content)); return nil })
	_, plain := table(t, func(b *bytes.Buffer) error { return d.Responses(context.Background(), b) })
	_, design := table(t, func(b *bytes.Buffer) error { return d.Design(context.Background(), b) })
	places := map[string]string{"very": "1", "fairly": "2", "'-": "3", "unsure": "4"}
	want := counted(all)
	if len(sav) != len(want) {
		t.Fatalf("%d rows, want %d", len(sav), len(want))
	}
	for i, r := range want {
		river := places[plain[i]["sat_river"]]
		if river == "" {
			river = "-9"
			if len(r.Unclear) > 0 {
				river = "-7"
			}
		}
		helps := "-8" // asked only of the very satisfied, who all left it open
		if plain[i]["sat_river"] == "very" {
			helps = "-9"
		}
		weight, _ := strconv.ParseFloat(design[i]["weight"], 64)
		read, _ := strconv.ParseFloat(sav[i]["design_weight"], 64)
		if sav[i]["sat_river"] != river || sav[i]["helps"] != helps || sav[i]["years"] != plain[i]["years"] || sav[i]["design_psu"] != design[i]["psu"] || estimate.Round(read, 9) != estimate.Round(weight, 9) {
			t.Errorf("row %d: %v of %v, %v", i+1, sav[i], plain[i], design[i])
		}
		text := strings.ReplaceAll(strings.TrimPrefix(plain[i]["suggestion"], "'"), "\r\n", "\n")
		if sav[i]["suggestion"] != text {
			t.Errorf("row %d: %q, CSV has %q", i+1, sav[i]["suggestion"], text)
		}
	}
	if t.Failed() {
		t.Logf("%s", out)
	}
}

// TestSmallCells: of every published combination with a key in it there are enough people among
// those who lost the same keys, and a figure that rests on what was taken out isn't checked.
func TestSmallCells(t *testing.T) {
	all := responses(230)
	s := source(t, all)
	s.Sample.Sampling.Unit = survey.ByArea
	s.Settings = handover.Settings{Smallest: campaign.Sourced[int64]{Value: 5, Source: "市统计局"}, Keys: []string{"@area", "age", "sex"}}
	d := open(t, s)
	_, got := table(t, func(b *bytes.Buffer) error { return d.Responses(context.Background(), b) })
	_, design := table(t, func(b *bytes.Buffer) error { return d.Design(context.Background(), b) })
	people, blank := map[string]int{}, map[string]int64{}
	for i, x := range got {
		people[x["stratum"]+"/"+x["area"]+"/"+x["age"]+"/"+x["sex"]]++
		for _, key := range []string{"area", "age", "sex"} {
			if x[key] == "" {
				blank[key]++
			}
		}
		if (x["area"] == "") != (design[i]["psu"] == "") {
			t.Errorf("row %d: area %q, unit %q: one gives the other back", i+1, x["area"], design[i]["psu"])
		}
	}
	for combination, n := range people {
		if n < 5 && !strings.HasSuffix(combination, "///") {
			t.Errorf("%s: %d people", combination, n)
		}
	}
	if r := d.Report; r.Touched == 0 || r.Touched == r.Rows || blank["area"] != r.Blanked["@area"] || blank["age"] != r.Blanked["age"] || blank["sex"] != r.Blanked["sex"] || blank["area"] < blank["age"] {
		t.Errorf("blank %v, report %+v", blank, r)
	}
	says, status := reproduce(t, folder(t, d, figures(t, s, counted(all))), "C.UTF-8")
	if status != 0 || !strings.Contains(says, "未核对  plain/share/@areaeast  ") || !strings.Contains(says, "有的抽样单元随片区隐去了") || !strings.Contains(says, "一致    plain/share/stratumschool  ") {
		t.Errorf("status %d\n%s", status, says)
	}
	_, book := table(t, func(b *bytes.Buffer) error { return d.Codebook(b) })
	i := slices.IndexFunc(book, func(x map[string]string) bool { return x["变量"] == "area" })
	if want := fmt.Sprintf("%d行已隐去：同一人群里片区、您的年龄？、您的性别？都相同的不足5人时", blank["area"]); !strings.HasPrefix(book[i]["备注"], want) || !strings.HasSuffix(book[i]["备注"], "依据：市统计局") {
		t.Errorf("the codebook says %q", book[i]["备注"])
	}
	s.Settings.Smallest.Value = 50
	if d = open(t, s); len(d.Report.Warnings) != 1 || !strings.Contains(d.Report.Warnings[0], "人群“流动人口”一共只有") {
		t.Errorf("a small stratum: %q", d.Report.Warnings)
	}
}

// TestSameBytes: the same source gives the same files, and an empty wave has files too.
func TestSameBytes(t *testing.T) {
	for _, n := range []int{0, 150} {
		all := responses(n)
		s := source(t, all)
		if n == 0 {
			s.Sample.Weighted = false
		}
		list := []handover.Figure{{ID: "a", Kind: handover.Share, Question: "sex", Positive: []string{"male"}, Weighting: handover.Plain, Value: "–"}}
		first, second := folder(t, open(t, s), list), folder(t, open(t, s), list)
		for _, name := range []string{handover.ResponsesFile, handover.SavFile, handover.CodebookFile, handover.CodebookBookFile, handover.DesignFile, handover.TotalsFile, handover.FiguresFile, handover.ScriptFile} {
			a, errA := os.ReadFile(filepath.Join(first, name))
			b, errB := os.ReadFile(filepath.Join(second, name))
			if errA != nil || errB != nil || len(a) == 0 || !bytes.Equal(a, b) {
				t.Errorf("%d responses: %s differs or is empty (%d bytes, %v, %v)", n, name, len(a), errA, errB)
			}
		}
		if n == 0 {
			if says, status := reproduce(t, first, "C.UTF-8"); status != 0 {
				t.Errorf("an empty wave: status %d\n%s", status, says)
			}
		}
	}
}

// TestPseudonyms: distributors and devices only under numbers, the same for the same.
func TestPseudonyms(t *testing.T) {
	all := responses(100)
	s := source(t, all)
	s.Settings.Distributors, s.Settings.Devices, s.Lexicon = true, true, nil
	d := open(t, s)
	head, got := table(t, func(b *bytes.Buffer) error { return d.Responses(context.Background(), b) })
	of := map[string]string{}
	for i, r := range counted(all) {
		number := got[i]["distributor"]
		if known := of[r.Distributor]; known != "" && known != number || !strings.HasPrefix(number, "d") || got[i]["device"] != "m1" {
			t.Errorf("row %d: %v of %s", i+1, got[i], r.Distributor)
		}
		of[r.Distributor] = number
	}
	if slices.Contains(head, "suggestion") || len(d.Report.Warnings) != 1 || !strings.Contains(d.Report.Warnings[0], "文字题没有交出") {
		t.Errorf("without a lexicon: columns %q, warnings %q", head, d.Report.Warnings)
	}
}

// TestRefusedHandover: what would give false files gives none.
func TestRefusedHandover(t *testing.T) {
	all := responses(60)
	check := func(what, want string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", what, err, want)
		}
	}
	opened := func(bend func(*handover.Source)) error {
		s := source(t, all)
		bend(&s)
		_, err := handover.Open(context.Background(), s)
		return err
	}
	check("a multiple choice as a key", "can't be a key", opened(func(s *handover.Source) { s.Settings.Keys = []string{"carriers"} }))
	check("the stratum as a key", "the stratum stays", opened(func(s *handover.Source) { s.Settings.Keys = []string{"group"} }))
	check("a margin of words", "can't be a margin", opened(func(s *handover.Source) { s.Calibration = []handover.Margin{{Column: "suggestion"}} }))
	check("a walk that fails", "disk", opened(func(s *handover.Source) {
		s.Each = func(context.Context, func(survey.Response) error) error { return errors.New("disk") }
	}))

	s := source(t, all)
	walks := 0
	whole := s.Each
	s.Each = func(ctx context.Context, yield func(survey.Response) error) error {
		if walks++; walks > 1 {
			return yield(all[0])
		}
		return whole(ctx, yield)
	}
	d := open(t, s)
	check("other rows", "were counted before", d.Responses(context.Background(), &bytes.Buffer{}))
	check("other rows in the .sav", "were counted before", d.Sav(context.Background(), &bytes.Buffer{}))

	good := handover.Figure{ID: "a", Kind: handover.Share, Question: "sex", Positive: []string{"male"}, Weighting: handover.Plain, Interval: handover.IntervalWilson, Level: 0.95, Value: "50.0", Lower: "40.0", Upper: "60.0"}
	figure := func(want string, bend func(*handover.Figure)) {
		t.Helper()
		f := good
		bend(&f)
		check(want, want, d.Figures(&bytes.Buffer{}, []handover.Figure{f}))
	}
	figure("no question", func(f *handover.Figure) { f.Question = "nothing" })
	figure("no options", func(f *handover.Figure) { f.Question = "suggestion" })
	figure("no column to group by", func(f *handover.Figure) { f.By = "years" })
	figure("no interval", func(f *handover.Figure) { f.Interval = "logit" })
	figure("no weighting", func(f *handover.Figure) { f.Weighting = "" })
	figure("its level", func(f *handover.Figure) { f.Level = 1 })
	figure("has no mean", func(f *handover.Figure) { f.Kind, f.Question = handover.Mean, "carriers" })
	figure("doesn't stand before it", func(f *handover.Figure) { f.Kind, f.Parts = handover.Composite, map[string]float64{"b": 1} })
	check("two alike", "two figures", d.Figures(&bytes.Buffer{}, []handover.Figure{good, good}))
}
