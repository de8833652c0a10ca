package main

import (
	"fmt"
	"strings"
	"testing"
)

// theSameSheets holds what came back on paper: the table of the package, the page and the
// report's sentence.
func theSameSheets(t *testing.T, office *browser, p *reportPaper, folder, wave string) {
	t.Helper()
	office.open("/c/feicheng/waves/" + wave + "/sheets")
	page := ask[[][]string](office, `[...document.querySelectorAll(".returns tbody tr")].map(r => [...r.cells].map(c => c.textContent.trim()))`)
	table := packedTable(t, folder, "问卷/"+wave+"-回收情况.csv")
	var seen, lie [][]string
	for _, row := range page { // 人群 发出 收回 收回率 有效 有效率 拒答 不符合 答卷作废 重复 迟到 损坏遗失 待录入 不在编号里
		seen = append(seen, []string{row[0], row[1], row[2], row[4], row[6], row[7], row[8], row[9], row[10], row[11], row[12], row[13]})
	}
	for _, row := range table { // 人群 印制 发出 收回 完整 部分 拒答 不符合条件 作废 重复 过期 损坏遗失 收回未录入 编号外的答卷 有疑问
		valid := fmt.Sprint(parsed(row[4]) + parsed(row[5]))
		lie = append(lie, []string{row[0], row[2], row[3], valid, row[6], row[7], row[8], row[9], row[10], row[11], row[12], row[13]})
	}
	sameRows(t, wave+": the return table of the package", lie, seen)
	if total := lie[len(lie)-1]; total[1] != "0" {
		p.says("the paper of "+wave, fmt.Sprintf("纸质问卷发出%s份，收回%s份，有效%s份", total[1], total[2], total[3]), fmt.Sprintf("另有不在纸质编号内的答卷%s份", total[11]))
	}
}

// theSameAnswers holds the report's list of data against the API and the page of each.
func theSameAnswers(t *testing.T, office *browser, s *server, p *reportPaper, at string, waves []waveAnswer) {
	t.Helper()
	rows := p.table("答卷")
	if len(rows) != len(waves) || len(waves) < 2 {
		t.Fatalf("the report has data of %q, the API %+v", rows, waves)
	}
	for i, row := range rows {
		wave := waves[i].ID
		var api surveyed
		office.json(s.address+"/api/v1/campaigns/feicheng/waves/"+wave, &api.wave)
		total := api.wave.Progress.Total
		want := fmt.Sprint(total.Complete + total.Partial)
		if fmt.Sprint(row) != fmt.Sprint([]string{fmt.Sprintf("〔数%d〕", i+1), bare(api.wave.Name), want, "数据/" + wave}) {
			t.Errorf("the report has %q, the API %s answers", row, want)
		}
		page := later[string](office, fmt.Sprintf(`fetch(%q).then(r => r.text())`, at+fmt.Sprintf("/exhibits?of=数%d", i+1)))
		if !strings.Contains(page, "计入统计的答卷"+want+"份") {
			t.Errorf("the page of 数%d doesn't say %s answers", i+1, want)
		}
	}
}
