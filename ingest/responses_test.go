package ingest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"shuixuan/app/campaign"
	"shuixuan/app/org"
	"shuixuan/app/survey"
	"shuixuan/ingest/sheet"
)

func questionnaire(t testing.TB, path string) (survey.Questionnaire, survey.Wave) {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	q, _, err := survey.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	q.Version = 3
	return q, survey.Wave{ID: "w1", Name: "一", Questionnaire: q.ID, Version: 3}
}

func plan() *campaign.Plan {
	units := org.NewResolver([]org.Unit{
		{ID: "jiaoyuju", Name: "市教育局", Kind: org.KindBureau, Aliases: []string{"教育局"}},
		{ID: "xincheng", Name: "新城街道办事处", Kind: org.KindTownship},
		{ID: "shizhi", Name: "市直有关部门", Kind: org.KindCollective},
	})
	return campaign.NewPlan(campaign.Campaign{ID: "feicheng", Words: campaign.Words{Unit: "责任单位"}}, nil, nil, units)
}

func open(t testing.TB, name string, body []byte) *sheet.Book {
	t.Helper()
	book, err := sheet.Open(t.Context(), strings.NewReader(string(body)), int64(len(body)), name, sheet.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return book
}

func readFile(t testing.TB, file string, q survey.Questionnaire, wave survey.Wave) *responseSheet {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	read, err := readResponses(t.Context(), open(t, file, body), "", plan(), wave, q)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// counts gives the number of responses by question and option label.
func counts(q survey.Questionnaire, rows []responseRow) map[string]map[string]int {
	n := map[string]map[string]int{}
	for _, question := range q.Questions {
		n[question.Title()] = map[string]int{}
		for _, row := range rows {
			for _, code := range row.Response.Choices[question.Name] {
				n[question.Title()][question.OptionLabel(code)]++
			}
		}
	}
	return n
}

// TestYueyang reads the 180 sheets of the public appraisal of 2019; the counts are
// those published (see the questionnaire for the source), options nobody chose
// included.
func TestYueyang(t *testing.T) {
	q, wave := questionnaire(t, "testdata/yueyang-2019.questionnaire.yaml")
	read := readFile(t, "yueyang-2019.xlsx", q, wave)
	if len(read.Good) != 180 || len(read.Rejected) != 0 || len(read.Skipped) != 0 || read.Rows != 180 {
		t.Fatalf("%d good, %v rejected, %v skipped of %d", len(read.Good), read.Rejected, read.Skipped, read.Rows)
	}
	if read.Sheet != "答卷" || len(read.NotStored) != 0 || read.Good[0].Row != 2 || read.Good[179].Row != 181 {
		t.Errorf("sheet %q, not stored %v, rows %d to %d", read.Sheet, read.NotStored, read.Good[0].Row, read.Good[179].Row)
	}
	want := map[string]map[string]int{
		"身份":     {"学生": 3, "农民": 2, "单位职工": 46, "公职人员": 103, "其他": 26},
		"年龄":     {"18岁以下": 2, "18-30岁": 27, "30-60岁": 151},
		"学历":     {"初中及以下": 5, "高中": 18, "本科": 99, "本科以上": 58},
		"听说过清四乱": {"没听说过": 18, "听说过": 85, "熟悉": 38, "非常熟悉": 39},
		"补全“四乱”": {"乱丢": 15, "乱弃": 20, "乱放": 33, "乱占": 112},
		"存在问题":   {"存在": 118, "不存在": 14, "说不清": 48},
		"会怎么做":   {"不理会": 19, "制止": 21, "举报": 140},
		"满意":     {"非常满意": 56, "满意": 103, "不满意": 21},
		"最需解决":   {"堤防": 56, "水质": 145, "开发": 58}, // mentions: 259 in all
	}
	compare(t, counts(q, read.Good), want)
	for _, row := range read.Good {
		if row.Response.Disposition != survey.Complete || row.Response.Stratum != row.Response.Choices["identity"][0] || row.Warning != "" {
			t.Fatalf("row %d: %+v", row.Row, row)
		}
	}
}

// TestYuxi reads 600 answers to one item; 85, 268, 216, 24, 4 and 3 are the published
// percentages times 600.
func TestYuxi(t *testing.T) {
	q, wave := questionnaire(t, "testdata/yuxi-2007.questionnaire.yaml")
	read := readFile(t, "yuxi-2007.csv", q, wave)
	if len(read.Good) != 600 || len(read.Rejected) != 0 || len(read.Skipped) != 0 {
		t.Fatalf("%d good, %v rejected, %v skipped", len(read.Good), read.Rejected, read.Skipped)
	}
	compare(t, counts(q, read.Good), map[string]map[string]int{
		"废气治理": {"非常满意": 85, "比较满意": 268, "一般": 216, "不太满意": 24, "很不满意": 4, "说不清": 3},
	})
	// 序号 tells 600 rows with six different answers apart: one fingerprint each.
	seen := map[string]bool{}
	for _, row := range read.Good {
		seen[row.Fingerprint] = true
		if len(row.Fingerprint) != 32 || row.Response.Number != "" {
			t.Fatalf("row %d: fingerprint %q, number %q", row.Row, row.Fingerprint, row.Response.Number)
		}
	}
	if len(seen) != 600 {
		t.Errorf("%d fingerprints for 600 rows", len(seen))
	}
}

func compare(t *testing.T, got, want map[string]map[string]int) {
	t.Helper()
	for question, options := range want {
		if len(got[question]) != len(options) {
			t.Errorf("%s: %v, want %v", question, got[question], options)
		}
		for label, n := range options {
			if got[question][label] != n {
				t.Errorf("%s %s: %d, want %d", question, label, got[question][label], n)
			}
		}
	}
}

// figure computes an indicator from its own rules over rows that were read: what the
// questionnaires of the published surveys say must give the published figures.
func figure(t *testing.T, q survey.Questionnaire, rows []responseRow, name string) float64 {
	t.Helper()
	for _, ind := range q.Indicators {
		if ind.Name != name {
			continue
		}
		question, _ := q.Question(ind.Question)
		sum, base := 0.0, 0.0
		for _, row := range rows {
			for _, code := range row.Response.Choices[ind.Question] {
				if o, _ := question.Option(code); o.DontKnow && ind.Base == survey.BaseOpinion {
					continue
				}
				base++
				sum += ind.Values[code]
				if slices.Contains(ind.Positive, code) {
					sum += 100
				}
			}
		}
		return sum / base
	}
	t.Fatalf("no indicator %s", name)
	return 0
}

// TestPublishedFigures: to the two decimals in which they were published; 162/180,
// 112/180 and 159/180 of Yueyang, 353/600 and 353/597 of Yuxi, and its index of
// (85·100 + 268·80 + 216·60 + 24·30)/597 = 73.065.
func TestPublishedFigures(t *testing.T) {
	for file, figures := range map[string]map[string]string{
		"yueyang-2019.xlsx": {"satisfaction_rate": "88.33", "heard_rate": "90.00", "knowledge_rate": "62.22"},
		"yuxi-2007.csv":     {"share_of_all": "58.83", "share_of_opinion": "59.13", "index": "73.07"},
	} {
		q, wave := questionnaire(t, "testdata/"+strings.SplitN(file, ".", 2)[0]+".questionnaire.yaml")
		read := readFile(t, file, q, wave)
		for name, want := range figures {
			if got := fmt.Sprintf("%.2f", figure(t, q, read.Good, name)); got != want {
				t.Errorf("%s %s: %s, want %s", file, name, got, want)
			}
		}
	}
}
