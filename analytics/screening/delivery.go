package screening

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// bursts marks the sheets of a distributor that came in many at once. Only modes whose instant
// of entry is that of answering are looked at: paper is typed in by the pile. It stays weak: a
// school class answers at once too, and a phone that was without a network sends what waited.
func (w *wave) bursts(r *Report) {
	byDistributor := map[string][]int{}
	for i, sheet := range w.in.Sheets {
		if sheet.Distributor != "" && !sheet.Entered.IsZero() && slices.Contains(w.s.BurstModes, sheet.Mode) {
			byDistributor[sheet.Distributor] = append(byDistributor[sheet.Distributor], i)
		}
	}
	window := time.Duration(w.s.BurstMinutes.Value * float64(time.Minute))
	for _, list := range byDistributor {
		slices.SortFunc(list, func(a, b int) int {
			x, y := w.in.Sheets[a], w.in.Sheets[b]
			return cmp.Or(x.Entered.Compare(y.Entered), cmp.Compare(x.ID, y.ID))
		})
		most := make([]int, len(list)) // sheets of the fullest window that holds each
		marked := 0
		for from, to := 0, 0; from < len(list); from++ {
			for to < len(list) && w.in.Sheets[list[to]].Entered.Sub(w.in.Sheets[list[from]].Entered) < window {
				to++
			}
			if float64(to-from) >= w.s.BurstSheets.Value {
				for k := max(from, marked); k < to; k++ {
					most[k] = to - from
				}
				marked = to
			}
		}
		for k, i := range list {
			if most[k] > 0 {
				r.Sheets[i].Signals = append(r.Sheets[i].Signals, Signal{Burst, Weak,
					fmt.Sprintf("同一发放人在%v分钟内收到%d份，集体填写和断网补传也会这样", w.s.BurstMinutes.Value, most[k])})
			}
		}
	}
}

// devices marks the sheets of a device that sent more than a family would.
func (w *wave) devices(r *Report) {
	sent := map[string]int{}
	for _, sheet := range w.in.Sheets {
		sent[sheet.Device]++
	}
	for i, sheet := range w.in.Sheets {
		if n := sent[sheet.Device]; sheet.Device != "" && float64(n) > w.s.DeviceSheets.Value {
			r.Sheets[i].Signals = append(r.Sheets[i].Signals, Signal{Device, Weak,
				fmt.Sprintf("同一设备提交了%d份，公用设备也会这样", n)})
		}
	}
}

// busiest is the greatest number of sheets that carry one civil day.
func (w *wave) busiest(members []int) (day string, sheets int) {
	days := map[string]int{}
	for _, i := range members {
		if d := w.in.Sheets[i].Day; !d.IsZero() {
			days[d.Format(time.DateOnly)]++
		}
	}
	for d, n := range days {
		if n > sheets || n == sheets && d < day {
			day, sheets = d, n
		}
	}
	return day, sheets
}
