/* The MSI's one custom action: runs a program of the package without a console,
 * and when it fails shows what it said, in the dialog, in the MSI's log, and by
 * the exit code. Windows' own way to run programs tells people only that one
 * "did not finish as expected".
 *
 * What is run comes from the MSI's own tables (CustomActionData); what was said
 * at installation is never part of it. */
#include <windows.h>
#include <msi.h>
#include <msiquery.h>

#define SAID 8192

static void tell(MSIHANDLE install, INSTALLMESSAGE kind, const WCHAR *text)
{
	MSIHANDLE record = MsiCreateRecord(1);
	MsiRecordSetStringW(record, 0, L"[1]");
	MsiRecordSetStringW(record, 1, text);
	MsiProcessMessage(install, kind, record);
	MsiCloseHandle(record);
}

/* collect keeps the end of what the program says, until it closes its output. */
static DWORD collect(HANDLE from, char *said)
{
	char part[1024];
	DWORD length = 0, got;
	while (ReadFile(from, part, sizeof part, &got, NULL) && got > 0) {
		if (length + got > SAID) {
			DWORD drop = length + got - SAID;
			MoveMemory(said, said + drop, length - drop);
			length -= drop;
		}
		CopyMemory(said + length, part, got);
		length += got;
	}
	return length;
}

static UINT run(MSIHANDLE install, WCHAR *command)
{
	static char said[SAID];
	static WCHAR text[SAID + 1];
	SECURITY_ATTRIBUTES inherit = { sizeof inherit, NULL, TRUE };
	STARTUPINFOW start = { .cb = sizeof start };
	PROCESS_INFORMATION process;
	HANDLE from, to;
	DWORD length, code = 1;

	if (!CreatePipe(&from, &to, &inherit, 0))
		return ERROR_INSTALL_FAILURE;
	SetHandleInformation(from, HANDLE_FLAG_INHERIT, 0);
	start.dwFlags = STARTF_USESTDHANDLES;
	start.hStdOutput = start.hStdError = to;
	if (!CreateProcessW(NULL, command, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, NULL, &start, &process)) {
		tell(install, INSTALLMESSAGE_ERROR, L"A program of the package could not be started.");
		return ERROR_INSTALL_FAILURE;
	}
	CloseHandle(to);
	length = collect(from, said);
	WaitForSingleObject(process.hProcess, INFINITE);
	GetExitCodeProcess(process.hProcess, &code);
	CloseHandle(process.hProcess);
	CloseHandle(process.hThread);
	CloseHandle(from);
	text[MultiByteToWideChar(CP_UTF8, 0, said, length, text, SAID)] = 0;
	if (text[0])
		tell(install, code ? INSTALLMESSAGE_ERROR : INSTALLMESSAGE_INFO, text);
	return code ? ERROR_INSTALL_FAILURE : ERROR_SUCCESS;
}

__declspec(dllexport) UINT __stdcall Run(MSIHANDLE install)
{
	static WCHAR command[4096];
	DWORD size = sizeof command / sizeof *command;
	if (MsiGetPropertyW(install, L"CustomActionData", command, &size) != ERROR_SUCCESS || !command[0])
		return ERROR_INSTALL_FAILURE;
	return run(install, command);
}
