package main

import (
	"fmt"
	"strings"
	"testing"
)

// estimatesOnPages looks at what the sample is worth as the office does: the verdicts of a wave,
// a question by group and over the waves, what satisfaction hangs on, the planner, the
// screening, and an analysis that is kept. Each is drawn, and fits a phone.
func estimatesOnPages(t *testing.T, s *server, passwords map[string]string) {
	const wave = "/c/feicheng/waves/w2"
	office := openBrowser(t, s.address, 1280, 900)
	office.signIn("office", passwords["office"])
	drawn := func(panels ...string) {
		t.Helper()
		for _, id := range panels {
			office.waitFor(fmt.Sprintf(`!!document.querySelector("#%s canvas")`, id))
		}
	}
	office.open(wave)
	drawn("survey-verdicts", "survey-weighted")
	if text := office.text(); !strings.Contains(text, "标准线80.0%") || !strings.Contains(text, "样本说明") || !strings.Contains(text, "非概率样本，区间仅供参考") {
		t.Errorf("the wave doesn't say what its sample is worth:\n%s", text)
	}
	office.open(wave + "/questions/sat_overall")
	office.choose(`select[name=by]`, "sex")
	office.waitFor(`location.search.includes("by=sex")`)
	drawn("question-trend-sat_overall_rate", "question-weighted-sat_overall_rate")
	office.open(wave + "/analysis")
	drawn("analysis-drivers", "analysis-exposure")
	office.open(wave + "/size")
	office.fill(`input[name=margin]`, "４")
	office.click(`form[method=get] button[type=submit]`)
	office.waitFor(`location.search.includes("margin=") && document.body.innerText.includes("±4.0")`)
	office.open(wave + "/screening")
	office.waitFor(`document.body.innerText.includes("含与不含建议回访的答卷")`)
	office.open(wave + "/runs")
	office.click(`form[action$="/runs"] button`)
	office.waitFor(`/\/runs\/[0-9a-f-]{36}$/.test(location.pathname) && document.body.innerText.includes("已固定") && !!document.querySelector("#run-verdicts canvas")`)
	kept := ask[string](office, `location.pathname`)

	phone := openBrowser(t, s.address, 390, 844)
	phone.signIn("office", passwords["office"])
	for _, path := range []string{wave, wave + "/questions/sat_overall", wave + "/questions/suggestion", wave + "/analysis", wave + "/size", wave + "/screening", wave + "/runs", kept} {
		phone.open(path)
		phone.waitFor(`document.readyState === "complete"`)
		if over := ask[int](phone, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("%s is %d pixels wider than a phone", path, over)
		}
	}
}
