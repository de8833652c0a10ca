package dashboards_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"shuixuan/analytics"
	"shuixuan/analytics/estimate"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
	"shuixuan/dashboards"
	"shuixuan/dashboards/dashboardstest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func answers() map[string]dashboards.Result[analytics.Distribution] {
	all := map[string]dashboards.Result[analytics.Distribution]{}
	for _, name := range dashboards.SurveyQuestions(dashboardstest.Questionnaire()) {
		all[name] = dashboards.Of(dashboardstest.Distribution(name), nil)
	}
	return all
}

func pages() map[string]dashboards.Page {
	plan, wave, q := dashboardstest.Plan(), dashboardstest.Wave(), dashboardstest.Questionnaire()
	coverage, indicators := dashboards.Of(dashboardstest.Coverage(), nil), dashboards.Of(dashboardstest.Indicators(), nil)
	progress := dashboards.Of(dashboardstest.Progress(), nil)
	weighted := dashboards.Of(dashboardstest.Weighted(), nil)
	question := func(name string) dashboards.Page {
		for _, item := range q.Questions {
			if item.Name == name {
				return dashboards.Question(plan, wave, item, dashboards.Answered{Distribution: dashboards.Of(dashboardstest.Distribution(name), nil), Indicators: indicators, Weighted: weighted, Trends: dashboards.Of(dashboardstest.Trends(name), nil)})
			}
		}
		panic(name)
	}
	return map[string]dashboards.Page{
		"overview":          dashboards.Overview(plan, campaignOf(coverage)),
		"coverage":          dashboards.Coverage(plan, coverage),
		"survey":            dashboards.Survey(plan, wave, q, progress, indicators, weighted, answers()),
		"survey-raked":      dashboards.Survey(plan, wave, q, progress, indicators, dashboards.Of(dashboardstest.Raked(), nil), answers()),
		"question-single":   question("river"),
		"question-multiple": question("channels"),
		"overview-empty":    dashboards.Overview(dashboardstest.Empty(), emptyCampaign()),
		"survey-empty":      dashboards.Survey(plan, wave, survey.Questionnaire{}, dashboards.Of(&analytics.Progress{}, nil), dashboards.Of(&analytics.Indicators{}, nil), dashboards.Of(&analytics.Weighted{SQL: "SELECT 1"}, nil), nil),
		"analysis":          dashboards.Analysis(plan, wave, dashboards.Of(&analytics.Drivers{Why: "没有总体的一题。"}, nil), dashboards.Of(&analytics.Exposed{Why: "没有多选题。"}, nil), dashboards.Of(dashboardstest.Surroundings(), nil)),
		"totals":            dashboards.Totals(plan, totalsAsked(), dashboards.Of(totals(), nil)),
		"totals-empty":      dashboards.Totals(dashboardstest.Empty(), dashboards.TotalsAsked{AsOf: dashboardstest.Day(9, 1)}, dashboards.Of(&analytics.Totals{}, nil)),
		"calendar":          dashboards.Calendar(plan, dashboardstest.Day(10, 1), analytics.EndKinds, url.Values{"unit": {"zhujian"}}, dashboards.Of(ends(), nil)),
		"calendar-failed":   dashboards.Calendar(plan, dashboardstest.Day(10, 1), analytics.EndKinds, nil, dashboards.Of[analytics.Ends](nil, errors.New("code: 159"))),
		"wall":              dashboards.Wall(plan, campaignOf(coverage), pictures()),
		"wall-empty":        dashboards.Wall(dashboardstest.Empty(), emptyCampaign(), dashboards.Of(&[]analytics.Picture{}, nil)),
		"wall-failed":       dashboards.Wall(plan, failedCampaign(), dashboards.Of[[]analytics.Picture](nil, errors.New("code: 159"))),
		"screening":         screeningOf(dashboards.ScreeningFilter{}).Page,
		"overview-failed":   dashboards.Overview(plan, failedCampaign()),
	}
}

// campaignOf is a campaign with one wave.
func campaignOf(coverage dashboards.Result[analytics.Coverage]) dashboards.Campaign {
	return dashboards.Campaign{Coverage: coverage, Today: dashboards.Of(dashboardstest.Today(), nil), Todo: dashboards.Of(dashboardstest.Todo(), nil),
		Waves: []dashboards.WaveSummary{{Wave: dashboardstest.Wave(), Progress: dashboards.Of(dashboardstest.Progress(), nil), Indicators: dashboards.Of(dashboardstest.Indicators(), nil), Weighted: dashboards.Of(dashboardstest.Weighted(), nil)}}}
}

func emptyCampaign() dashboards.Campaign {
	day := dashboardstest.Day(9, 1)
	return dashboards.Campaign{Coverage: dashboards.Of(&analytics.Coverage{AsOf: day}, nil), Today: dashboards.Of(&analytics.Today{AsOf: day}, nil), Todo: dashboards.Of(&analytics.Todo{AsOf: day}, nil)}
}

// failedCampaign is one of which only what came in today could be had.
func failedCampaign() dashboards.Campaign {
	failed := errors.New("read coverage: code: 159, message: timeout")
	return dashboards.Campaign{Coverage: dashboards.Of[analytics.Coverage](nil, failed), Today: dashboards.Of(dashboardstest.Today(), nil), Todo: dashboards.Of[analytics.Todo](nil, failed),
		Waves: []dashboards.WaveSummary{{Wave: dashboardstest.Wave(), Indicators: dashboards.Of[analytics.Indicators](nil, problem.Unavailable("数据库正忙", "请一分钟后再试。"))}}}
}

// print writes a page as a person reads it: what is on a chart stands in its table,
// so of the chart only its presence and height are told.
func print(p dashboards.Page) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", p.Title)
	for _, f := range p.Figures {
		fmt.Fprintf(&b, "figure %s: %s%s | %s %v → %s\n", f.Label, f.Value, f.Unit, f.Base, f.Notes, f.Link)
	}
	for _, panel := range p.Panels {
		fmt.Fprintf(&b, "\n## %s [%s]\n", panel.Title, panel.ID)
		for _, line := range []string{panel.Failed, panel.EmptyMsg, panel.Lead} {
			if line != "" {
				fmt.Fprintf(&b, "%s\n", line)
			}
		}
		if panel.Chart != nil {
			fmt.Fprintf(&b, "(chart %d px)\n", panel.Height)
		}
		var names []string
		for _, c := range panel.Table.Columns {
			names = append(names, c.Name)
		}
		fmt.Fprintf(&b, "%s\n", strings.Join(names, " | "))
		for _, row := range panel.Table.Rows {
			var cells []string
			for _, c := range row.Cells {
				cells = append(cells, fmt.Sprintf("%q", c.Text)[1:len(fmt.Sprintf("%q", c.Text))-1]+marks(c.Notes))
			}
			fmt.Fprintf(&b, "%s", strings.Join(cells, " | "))
			if row.Link != "" {
				fmt.Fprintf(&b, " -> %s", row.Link)
			}
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "base: %s\nnotes: %v\nsql: %s\n", panel.Base, panel.Notes, panel.SQL)
	}
	for _, page := range p.Wall {
		text, err := json.MarshalIndent(page, "", " ")
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(&b, "\n%s\n", text)
	}
	for i, note := range p.Notes {
		fmt.Fprintf(&b, "[%d] %s\n", i+1, note)
	}
	return b.String()
}

func marks(numbers []int) string {
	if len(numbers) == 0 {
		return ""
	}
	return fmt.Sprint(numbers)
}

func TestPages(t *testing.T) {
	for name, page := range pages() {
		got := print(page)
		dashboardstest.Golden(t, name+".golden", got, *update)
	}
}

// Every panel can be understood alone: it has a table as wide as its heading, a base,
// and the SQL behind it, or it says why not. Footnotes are numbered without gaps.
func TestPanelsAreWhole(t *testing.T) {
	for name, page := range pages() {
		used := map[int]bool{}
		ids := map[string]bool{}
		for _, panel := range page.Panels {
			if ids[panel.ID] {
				t.Errorf("%s: two panels have the id %s", name, panel.ID)
			}
			ids[panel.ID] = true
			if panel.Failed != "" {
				if panel.Chart != nil || len(panel.Table.Rows) > 0 {
					t.Errorf("%s %s: failed, but draws something", name, panel.ID)
				}
				continue
			}
			if panel.Base == "" {
				t.Errorf("%s %s: no base", name, panel.ID)
			}
			if panel.Chart == nil && panel.EmptyMsg == "" && len(panel.Table.Rows) == 0 && panel.Lead == "" {
				t.Errorf("%s %s: shows nothing and doesn't say why", name, panel.ID)
			}
			for i, row := range panel.Table.Rows {
				if len(row.Cells) != len(panel.Table.Columns) {
					t.Errorf("%s %s row %d: %d cells under %d headings", name, panel.ID, i, len(row.Cells), len(panel.Table.Columns))
				}
				for _, c := range row.Cells {
					if c.Text == "" {
						t.Errorf("%s %s row %d: a blank cell", name, panel.ID, i)
					}
				}
			}
			for _, n := range panel.Notes {
				if n < 1 || n > len(page.Notes) {
					t.Errorf("%s %s: footnote %d of %d", name, panel.ID, n, len(page.Notes))
				}
				used[n] = true
			}
		}
		if len(used) != len(page.Notes) {
			t.Errorf("%s: %d footnotes, %d of them used", name, len(page.Notes), len(used))
		}
		seen := map[string]bool{}
		for _, note := range page.Notes {
			if seen[note] {
				t.Errorf("%s: footnote repeated: %s", name, note)
			}
			seen[note] = true
		}
	}
}

// A name that ends a script element is in the chart and in the JSON of the page, and
// never as itself.
func TestNamesCannotLeaveTheirScript(t *testing.T) {
	drawn := 0
	for name, page := range pages() {
		raw, err := json.Marshal(page)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.ContainsAny(raw, "<>") || bytes.Contains(raw, []byte("\u2028")) {
			t.Errorf("%s: markup in JSON", name)
		}
		for _, panel := range page.Panels {
			if bytes.Contains(panel.Chart, []byte(`\u003c/script\u003e`)) {
				drawn++
			}
			if bytes.Contains(panel.Chart, []byte("function")) || bytes.Contains(panel.Chart, []byte("__f__")) {
				t.Errorf("%s %s: a function in the option", name, panel.ID)
			}
		}
	}
	if drawn == 0 {
		t.Error("no chart drew the hostile name: the test looks at nothing")
	}
}

// A failed result costs its panels and nothing else, and only a problem made for
// people is quoted.
func TestPanelFailsAlone(t *testing.T) {
	page := pages()["overview-failed"]
	failed, whole := 0, 0
	for _, panel := range page.Panels {
		switch {
		case strings.Contains(panel.Failed, "159"):
			t.Errorf("%s shows the engine's words: %s", panel.ID, panel.Failed)
		case panel.Failed != "":
			failed++
		default:
			whole++
		}
	}
	// Coverage feeds three panels, and each of the rest one: what is late, verdicts, indicators,
	// intake. Today feeds two, the plan one.
	if failed != 7 || whole != 3 {
		t.Errorf("%d failed and %d whole panels, want 7 and 3", failed, whole)
	}
}

// TestSharesAddUp: where the campaign wants it, what is printed of one question adds up to 100.0,
// and the page says how.
func TestSharesAddUp(t *testing.T) {
	plan, wave, q := *dashboardstest.Plan(), dashboardstest.Wave(), dashboardstest.Questionnaire()
	d := dashboardstest.Distribution("know")
	d.Total.Answered = 3
	for i := range d.Total.Options {
		d.Total.Options[i].Persons = estimate.Proportion(1, 3, 0.95, 30)
	}
	at := slices.IndexFunc(q.Questions, func(one survey.Question) bool { return one.Name == "know" })
	printed := func() (texts string, noted bool) {
		page := dashboards.Question(&plan, wave, q.Questions[at], dashboards.Answered{Distribution: dashboards.Of(d, nil)})
		for _, row := range page.Panels[0].Table.Rows {
			texts += row.Cells[2].Text + " "
		}
		return texts, slices.ContainsFunc(page.Notes, func(n string) bool { return strings.Contains(n, "最大余数法") })
	}
	if texts, noted := printed(); texts != "33.3% 33.3% 33.3% " || noted {
		t.Errorf("by themselves: %s, noted %v", texts, noted)
	}
	plan.Campaign.Settings.SumTo100.Value = true
	if texts, noted := printed(); texts != "33.4% 33.3% 33.3% " || !noted {
		t.Errorf("adding up: %s, noted %v", texts, noted)
	}
}

// TestOverlapIsSaid: every panel by groups of a multiple choice says that they overlap, the
// differences say how they were tested, and what was not compared has its sentence.
func TestOverlapIsSaid(t *testing.T) {
	plan, wave, q := dashboardstest.Plan(), dashboardstest.Wave(), dashboardstest.Questionnaire()
	w, i := dashboardstest.Weighted(), dashboardstest.Indicators()
	name := w.Figures[0].Indicator.Question
	at := slices.IndexFunc(q.Questions, func(one survey.Question) bool { return one.Name == name })
	d := dashboardstest.Distribution(name)
	d.By, d.Overlap, d.Several, w.By, w.Overlap, i.Overlap = "carriers", analytics.Overlapping, 7, "carriers", analytics.Overlapping, analytics.Overlapping
	w.Figures[0].Untested = "没有比较“甲”和“乙”"
	page := dashboards.Question(plan, wave, q.Questions[at], dashboards.Answered{Distribution: dashboards.Of(d, nil), Weighted: dashboards.Of(w, nil), Indicators: dashboards.Of(i, nil)})
	note := slices.Index(page.Notes, analytics.Overlapping+"。") + 1
	said := 0
	for _, panel := range page.Panels {
		if slices.Contains(panel.Notes, note) {
			said++
		}
		switch {
		case panel.ID == "question-groups" && !strings.Contains(panel.Lead, "其中7人属于两组以上"):
			t.Errorf("groups: %s", panel.Lead)
		case strings.HasPrefix(panel.ID, "question-pairs-") && !strings.Contains(panel.Base, "重叠域的协方差"):
			t.Errorf("pairs: %s", panel.Base)
		}
	}
	if note == 0 || said < 4 || !slices.Contains(page.Notes, "没有比较“甲”和“乙”。") {
		t.Errorf("said under %d panels: %q", said, page.Notes)
	}
}
