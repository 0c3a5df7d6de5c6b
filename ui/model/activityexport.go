package model

import "beckmanconnect/assets/text"

// ExportView is the panel in which a file of the log is asked for, made and
// found again.
type ExportView struct {
	Step     ExportStep
	Format   int // index in ExportFormats; -1: what is written needs no choice
	What     string
	Detail   string
	Fraction float32 // below 0: not known
	Progress string
	Failure  string
}

func (s *State) exportView(c *text.Catalogue) ExportView {
	e := s.Activity.Export
	v := ExportView{Step: e.Step, Format: -1, Fraction: -1}
	if e.Step == ExportClosed {
		return v
	}
	for i, f := range ExportFormats() {
		if f == e.Format {
			v.Format = i
		}
	}
	v.What = c.T("activity.export.title")
	if key := "activity.export.title." + e.Format; c.Has(key) {
		v.What = c.T(key)
	}
	switch e.Step {
	case ExportAsked:
		which := "activity.export.all"
		if s.Activity.List.Filter().Narrowed() {
			which = "activity.export.filtered"
		}
		v.Detail = c.Sentences(c.T("activity.export.about."+e.Format), c.T(which))
	case ExportRunning:
		v.Progress = c.T("activity.export.running")
		if e.Total > 0 {
			v.Fraction = float32(float64(e.Done) / float64(e.Total))
			v.Progress = c.T("activity.export.progress", "done", e.Done, "total", e.Total)
		}
	case ExportSaved:
		v.Detail = c.T("activity.export.saved", "name", Clean(e.Name, 200))
	case ExportFailed:
		v.Failure = Failure(c, e.Code)
	}
	return v
}

// AskExport opens the panel for a file of what the filter lets through.
func (s *State) AskExport() {
	if s.Activity.Export.Step != ExportRunning {
		s.Activity.Export = Export{Step: ExportAsked, Format: "pdf"}
	}
}
