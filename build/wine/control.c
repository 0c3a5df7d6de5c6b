// control TITLE ID: says of the first window that shows, has TITLE in its title
// and a part with this number, where that part's middle is on the screen, whether
// it answers, and what it says; ends with 1 when there is none. So a run from
// outside can press the buttons of another program by the real mouse. For tests
// under Wine only; never shipped.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static const char *title;
static int id;
static HWND found;

static BOOL CALLBACK part(HWND w, LPARAM p) {
  (void)p;
  if (GetDlgCtrlID(w) != id || !IsWindowVisible(w)) return TRUE;
  found = w;
  return FALSE;
}

static BOOL CALLBACK window(HWND w, LPARAM p) {
  char text[512] = "";
  (void)p;
  GetWindowTextA(w, text, sizeof text);
  if (IsWindowVisible(w) && strstr(text, title)) EnumChildWindows(w, part, 0);
  return !found;
}

int main(int argc, char **argv) {
  WCHAR text[1024] = L"";
  char said[4096] = "";
  DWORD_PTR n;
  RECT r;
  if (argc != 3) return 2;
  title = argv[1];
  id = atoi(argv[2]);
  EnumWindows(window, 0);
  if (!found || !GetWindowRect(found, &r)) return 1;
  // Not GetWindowText: of another program's parts it knows nothing.
  SendMessageTimeoutW(found, WM_GETTEXT, sizeof text / sizeof *text, (LPARAM)text, SMTO_ABORTIFHUNG, 5000, &n);
  WideCharToMultiByte(CP_UTF8, 0, text, -1, said, sizeof said, NULL, NULL);
  printf("%ld %ld %s %s\n", (r.left + r.right) / 2, (r.top + r.bottom) / 2, IsWindowEnabled(found) ? "on" : "off", said);
  return 0;
}
