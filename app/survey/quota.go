package survey

// Cell is a part of a wave for which a quota may stand; an empty field is any.
type Cell struct{ Stratum, Area, Distributor string }

// Wider gives the cell itself and every cell that holds it, each once.
func (c Cell) Wider() []Cell {
	var list []Cell
	seen := map[Cell]bool{}
	for mask := range 8 {
		wide := c
		if mask&1 != 0 {
			wide.Stratum = ""
		}
		if mask&2 != 0 {
			wide.Area = ""
		}
		if mask&4 != 0 {
			wide.Distributor = ""
		}
		if !seen[wide] {
			seen[wide] = true
			list = append(list, wide)
		}
	}
	return list
}

// Cap is a cell that takes no more than so many complete responses.
type Cap struct {
	Cell  Cell
	Count int
}

// Cell is where the response belongs.
func (r Response) Cell() Cell { return Cell{r.Stratum, r.Area, r.Distributor} }

// Caps are the capped quotas that a response falls under: that of its stratum, and those
// of the cells that hold it. A cell of no stratum is capped where every stratum is.
func (w Wave) Caps(r Response) []Cap {
	capped, all := map[string]bool{}, len(w.Strata) > 0
	var list []Cap
	for _, s := range w.Strata {
		capped[s.Code] = s.Capped
		all = all && s.Capped
		if s.Capped && s.Quota > 0 && s.Code == r.Stratum {
			list = append(list, Cap{Cell{Stratum: s.Code}, s.Quota})
		}
	}
	for _, q := range w.Quotas {
		holds := (q.Stratum == "" || q.Stratum == r.Stratum) && (q.Area == "" || q.Area == r.Area) && (q.Distributor == "" || q.Distributor == r.Distributor)
		if holds && (capped[q.Stratum] || q.Stratum == "" && all) {
			list = append(list, Cap{Cell{q.Stratum, q.Area, q.Distributor}, q.Count})
		}
	}
	return list
}
