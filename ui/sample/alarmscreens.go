package sample

import (
	"strings"

	"fyne.io/fyne/v2"
	"google.golang.org/protobuf/proto"

	"beckmanconnect/ipc/hostpb"
	"beckmanconnect/ui/model"
	"beckmanconnect/ui/part"
	"beckmanconnect/ui/view"
)

// alarmScreens are the states of everything about notifications.
func alarmScreens(lang string, page func(name, page string, s model.State, then ...func(*view.Window)) Screen) []Screen {
	filtered := func(f model.Filter, all []*hostpb.Notification) model.State {
		s := State()
		s.Alarms.List.SetFilter(f)
		Load(&s, all)
		return s
	}
	list := func(name string, s model.State) Screen { return page(name, view.Notifications, s) }
	loading := State()
	loading.Alarms.List = model.AlarmList{}
	faulty := State()
	faulty.Alarms.List.Reload()
	if want, ok := faulty.Alarms.List.Want(Now); ok {
		faulty.Alarms.List.Failed(want)
	}
	wordy := State()
	wordy.Alarms.List.Reload()
	Load(&wordy, []*hostpb.Notification{Wordy()})
	wordyOpen := wordy
	wordyOpen.OpenAlarm(40)
	wordyOpen.PutDetail(40, Detail(40))
	acting := func(act model.AlarmAct, id uint64, identify string, then ...func(*model.State)) model.State {
		s := Opened(id)
		s.Status.Identify, s.Alarms.Detail.Act = identify, act
		for _, f := range then {
			f(&s)
		}
		return s
	}
	nobody := func(s *model.State) { s.Status.PinInitials = nil }
	wrongPIN := func(s *model.State) { s.Failure = "pin-wrong" }
	opening := Busy()
	opening.OpenAlarm(26)
	gone := Opened(27)
	gone.SetConnected(false)
	handover := Busy()
	handover.ShowAlarmPlace(model.PlaceHandover)
	handover.Alarms.Handover.Got = Handover()
	handover.Status.Identify = "initials"
	proved := handover
	proved.Status = proto.CloneOf(handover.Status)
	proved.Status.Identify = "pin"
	written := handover
	written.Alarms.Handover.WriteDraft("Module A: the service comes at 8.")
	long := handover
	long.Alarms.Handover.WriteDraft(strings.Repeat("Too long to be read. ", 100))
	first := Busy()
	first.ShowAlarmPlace(model.PlaceHandover)
	first.Alarms.Handover.Took(&hostpb.Handover{}, "")
	waiting := Busy()
	waiting.ShowAlarmPlace(model.PlaceHandover)
	offenders := Busy()
	offenders.ShowAlarmPlace(model.PlaceOffenders)
	offenders.Alarms.Offenders.Got = Offenders()
	none := Busy()
	none.ShowAlarmPlace(model.PlaceOffenders)
	none.Alarms.Offenders.Go(-1, Now)
	none.Alarms.Offenders.Got = &hostpb.Offenders{}
	quiet := func(q *hostpb.QuietHours) model.State {
		s := State()
		s.Status.QuietHours = q
		return s
	}
	tested := quiet(&hostpb.QuietHours{On: true, FromMinute: 22 * 60, ToMinute: 6*60 + 15, Now: true})
	tested.Quiet.Tested, tested.Status.Identify = true, "initials"
	form := Opened(19)
	form.Help = model.Help{Step: model.StepForm, Notification: 19, About: form.Notification(19), Reason: "It stops after each run"}
	ready, patient, preparing := form, form, form
	ready.Help.Logs.Take(HelpLogs())
	patient.Help.Logs.Take(&hostpb.HelpLogs{OffCode: "patient-data"})
	preparing.Help.Logs = model.LogsState{For: 19, Asked: true, Busy: true}
	logs := ready
	logs.Help.Step = model.StepLogs
	phone := State()
	phone.Status.SupportPhone = "+43 1 000 0000"
	sized := func(s Screen, size fyne.Size) Screen {
		return Screen{s.Name, func(k *part.Kit) (fyne.CanvasObject, fyne.Size) {
			content, _ := s.Draw(k)
			return content, size
		}}
	}
	slash := func(w *view.Window) { w.TypedRune('/') }
	return []Screen{
		list("alarms", Busy()),
		list("alarms-loading", loading),
		list("alarms-error", faulty),
		list("alarms-filtered", filtered(model.Filter{High: true, Medium: true, Scope: model.ScopeAll, Source: "instrument-log", Span: model.SpanToday, Text: "WASTE"}, Everything())),
		list("alarms-none", filtered(model.Filter{Text: "nothing like it"}, Everything())),
		list("alarms-shelved", filtered(model.Filter{Scope: model.ScopeShelved}, Everything())),
		list("alarms-all", filtered(model.Filter{Scope: model.ScopeAll}, Everything())),
		list("alarms-many", filtered(model.Filter{Scope: model.ScopeAll}, Many(12_000))),
		list("alarms-group-all", filtered(model.Filter{Scope: model.ScopeAll, Group: 31}, Members())),
		list("alarms-wordy", wordy),
		sized(list("notifications-narrow", Busy()), fyne.NewSize(1024, 520)),
		sized(list("alarms-small", Busy()), view.SmallestSize),
		sized(page("alarms-small-filter", view.Notifications, Busy(), slash), view.SmallestSize),
		sized(page("activity-small", view.Activity, State()), view.SmallestSize),
		list("alarm", Opened(27)),
		list("alarm-opening", opening),
		list("alarm-group", Opened(31)),
		list("alarm-shelved", Opened(28)),
		list("alarm-acknowledged", Opened(17)),
		list("alarm-wordy", wordyOpen),
		list("alarm-offline", gone),
		list("alarm-shelving", acting(model.ActShelve, 27, "initials")),
		list("alarm-signing", acting(model.ActAcknowledge, 19, "initials")),
		list("alarm-shelving-pin", acting(model.ActShelve, 27, "pin")),
		list("alarm-signing-pin", acting(model.ActAcknowledge, 19, "pin", wrongPIN)),
		list("alarm-signing-pin-none", acting(model.ActAcknowledge, 19, "pin", nobody)),
		list("handover", handover),
		list("handover-pin", proved),
		list("handover-written", written),
		list("handover-long", long),
		list("handover-saved", first),
		list("handover-loading", waiting),
		list("offenders", offenders),
		list("offenders-none", none),
		sized(page("quiet", view.Settings, tested), fyne.NewSize(980, 1100)),
		sized(page("quiet-site", view.Settings, quiet(&hostpb.QuietHours{On: true, FromMinute: 21 * 60, ToMinute: 7 * 60, Site: true})), fyne.NewSize(980, 1100)),
		page("help-phone", view.Help, phone),
		page("help-form-logs", view.Help, ready),
		page("help-form-patient", view.Help, patient),
		page("help-form-preparing", view.Help, preparing),
		page("help-logs", view.Help, logs),
	}
}
