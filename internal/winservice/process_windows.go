package winservice

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// jobList is PROC_THREAD_ATTRIBUTE_JOB_LIST: the process is in the job from its
// first instruction on.
const jobList = 0x0002000d

// process is a program in a job that dies with this process.
type process struct {
	*words
	job   windows.Handle
	ended chan int
}

// StartInJob starts a program with a pipe as its standard input and this
// process's output, in a job object: it and all that it starts end with this
// process, however that ends.
func StartInJob(program string, args []string) (Program, error) {
	p, err := startInJob(program, args)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	return p, nil
}

func startInJob(program string, args []string) (*process, error) {
	job, err := newJob()
	if err != nil {
		return nil, err
	}
	theirs, ours, err := inputPipe()
	if err != nil {
		windows.CloseHandle(job)
		return nil, err
	}
	defer windows.CloseHandle(theirs)
	handle, err := create(program, args, job, theirs)
	if err != nil {
		windows.CloseHandle(ours)
		windows.CloseHandle(job)
		return nil, err
	}
	p := &process{words: newWords(os.NewFile(uintptr(ours), "control lines")), job: job, ended: make(chan int, 1)}
	go p.wait(handle)
	return p, nil
}

func newJob() (windows.Handle, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0, os.NewSyscallError("CreateJobObject", err)
	}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{}
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	if _, err := windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits))); err != nil {
		windows.CloseHandle(job)
		return 0, os.NewSyscallError("SetInformationJobObject", err)
	}
	return job, nil
}

// inputPipe makes the pipe of the control lines. Only the reading end is
// inherited.
func inputPipe() (theirs, ours windows.Handle, err error) {
	inherited := windows.SecurityAttributes{Length: uint32(unsafe.Sizeof(windows.SecurityAttributes{})), InheritHandle: 1}
	if err := windows.CreatePipe(&theirs, &ours, &inherited, 0); err != nil {
		return 0, 0, os.NewSyscallError("CreatePipe", err)
	}
	if err := windows.SetHandleInformation(ours, windows.HANDLE_FLAG_INHERIT, 0); err != nil {
		windows.CloseHandle(theirs)
		windows.CloseHandle(ours)
		return 0, 0, os.NewSyscallError("SetHandleInformation", err)
	}
	return theirs, ours, nil
}

// create makes the process with three handles and no other: its input, and this
// process's output and errors, which a service usually has not.
func create(program string, args []string, job, input windows.Handle) (windows.Handle, error) {
	handles := []windows.Handle{input}
	output := func(which uint32) windows.Handle {
		h, err := windows.GetStdHandle(which)
		if err != nil || h == 0 || h == windows.InvalidHandle {
			return 0
		}
		own := windows.CurrentProcess()
		var copied windows.Handle
		if err := windows.DuplicateHandle(own, h, own, &copied, 0, true, windows.DUPLICATE_SAME_ACCESS); err != nil {
			return 0
		}
		handles = append(handles, copied)
		return copied
	}
	startup := windows.StartupInfoEx{}
	startup.Cb = uint32(unsafe.Sizeof(startup))
	startup.Flags = windows.STARTF_USESTDHANDLES
	startup.StdInput, startup.StdOutput, startup.StdErr = input, output(windows.STD_OUTPUT_HANDLE), output(windows.STD_ERROR_HANDLE)
	defer func() {
		for _, h := range handles[1:] {
			windows.CloseHandle(h)
		}
	}()
	attributes, err := windows.NewProcThreadAttributeList(2)
	if err != nil {
		return 0, os.NewSyscallError("InitializeProcThreadAttributeList", err)
	}
	defer attributes.Delete()
	if err := attributes.Update(jobList, unsafe.Pointer(&job), unsafe.Sizeof(job)); err != nil {
		return 0, os.NewSyscallError("UpdateProcThreadAttribute job", err)
	}
	if err := attributes.Update(windows.PROC_THREAD_ATTRIBUTE_HANDLE_LIST, unsafe.Pointer(&handles[0]), uintptr(len(handles))*unsafe.Sizeof(handles[0])); err != nil {
		return 0, os.NewSyscallError("UpdateProcThreadAttribute handles", err)
	}
	startup.ProcThreadAttributeList = attributes.List()
	name, err := windows.UTF16PtrFromString(program)
	if err != nil {
		return 0, err
	}
	line, err := windows.UTF16PtrFromString(windows.ComposeCommandLine(append([]string{program}, args...)))
	if err != nil {
		return 0, err
	}
	var info windows.ProcessInformation
	const flags = windows.EXTENDED_STARTUPINFO_PRESENT | windows.DETACHED_PROCESS | windows.CREATE_UNICODE_ENVIRONMENT
	if err := windows.CreateProcess(name, line, nil, nil, true, flags, nil, nil, &startup.StartupInfo, &info); err != nil {
		return 0, err
	}
	windows.CloseHandle(info.Thread)
	return info.Process, nil
}

// wait ends with the process, and takes what it left behind along.
func (p *process) wait(handle windows.Handle) {
	code := uint32(1)
	if _, err := windows.WaitForSingleObject(handle, windows.INFINITE); err == nil {
		if err := windows.GetExitCodeProcess(handle, &code); err != nil {
			code = 1
		}
	}
	windows.CloseHandle(handle)
	p.end()
	p.Kill()
	p.ended <- int(int32(code))
}

// Send implements Program.
func (p *process) Send(l Line) error { return p.say(l) }

// Ended implements Program.
func (p *process) Ended() <-chan int { return p.ended }

// Kill implements Program. Nothing is left to do where the job is empty.
func (p *process) Kill() { _ = windows.TerminateJobObject(p.job, 1) }
