package profile

// The shapes of the file. Everything is checked in parse.go and after it.

type profileFile struct {
	Version  int                            `toml:"version"`
	Name     string                         `toml:"name"`
	Title    string                         `toml:"title"`
	Revision int                            `toml:"revision"`
	Sample   bool                           `toml:"sample"`
	Source   string                         `toml:"source"`
	Patient  bool                           `toml:"patient_data"`
	Log      []logFile                      `toml:"log"`
	Run      runFile                        `toml:"run"`
	Disk     *diskFile                      `toml:"disk"`
	Rule     []ruleFile                     `toml:"rule"`
	Texts    map[string]map[string][]string `toml:"texts"`
	Mask     []maskFile                     `toml:"mask"`
	Scrub    []scrubFile                    `toml:"scrub"`
}

type logFile struct {
	Name     string `toml:"name"`
	Encoding string `toml:"encoding"`
	Line     string `toml:"line"`
	Starts   string `toml:"starts"`
	Time     string `toml:"time"`
}

type runFile struct {
	Started string `toml:"started"`
	Ended   string `toml:"ended"`
	Idle    string `toml:"idle"`
}

// said is what a rule says: by language, or by the name of a [texts.X] table.
type said struct {
	Text  map[string]textFile `toml:"text"`
	Texts string              `toml:"texts"`
}

type textFile struct {
	Title  string `toml:"title"`
	Advice string `toml:"advice"`
}

type diskFile struct {
	Code     string  `toml:"code"`
	Severity string  `toml:"severity"`
	Raise    float64 `toml:"raise_used_percent"`
	Clear    float64 `toml:"clear_used_percent"`
	said
}

type ruleFile struct {
	Code      string   `toml:"code"`
	Severity  string   `toml:"severity"`
	Log       string   `toml:"log"`
	Match     string   `toml:"match"`
	When      string   `toml:"when"`
	Clear     string   `toml:"clear"`
	ClearWhen string   `toml:"clear_when"`
	Subjects  []string `toml:"subjects"`
	Rate      string   `toml:"rate"`
	said
}

type maskFile struct {
	ID      string `toml:"id"`
	Title   string `toml:"title"`
	Class   string `toml:"class"`
	Process string `toml:"process"`
	X       *int   `toml:"x"`
	Y       *int   `toml:"y"`
	Width   *int   `toml:"width"`
	Height  *int   `toml:"height"`
}

type scrubFile struct {
	Name  string `toml:"name"`
	Match string `toml:"match"`
	With  string `toml:"with"`
}
