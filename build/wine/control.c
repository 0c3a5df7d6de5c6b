// control TITLE ID: says of the first window that shows, has TITLE in its title
// and a part with this number, where that part's middle is on the screen, whether
// it answers, and what it says; ends with 1 when there is none. So a run from
// outside can press the buttons of another program by the real mouse. Without
// words it says what every window that shows has in it: for who looks for the
// reason why a part was not there. For tests under Wine only; never shipped.
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

// describe prints a window or a part, and what it says.
static int describe(HWND w, const char *before) {
  WCHAR text[1024] = L"";
  char said[4096] = "";
  DWORD_PTR n;
  RECT r;
  if (!w || !GetWindowRect(w, &r)) return 0;
  // Not GetWindowText: of another program's parts it knows nothing.
  SendMessageTimeoutW(w, WM_GETTEXT, sizeof text / sizeof *text, (LPARAM)text, SMTO_ABORTIFHUNG, 5000, &n);
  WideCharToMultiByte(CP_UTF8, 0, text, -1, said, sizeof said, NULL, NULL);
  printf("%s%ld %ld %s %s\n", before, (r.left + r.right) / 2, (r.top + r.bottom) / 2, IsWindowEnabled(w) ? "on" : "off", said);
  return 1;
}

static BOOL CALLBACK all_parts(HWND w, LPARAM p) {
  char before[32];
  (void)p;
  snprintf(before, sizeof before, "  %d: ", GetDlgCtrlID(w));
  if (IsWindowVisible(w)) describe(w, before);
  return TRUE;
}

static BOOL CALLBACK all_windows(HWND w, LPARAM p) {
  (void)p;
  if (!IsWindowVisible(w)) return TRUE;
  describe(w, w == GetForegroundWindow() ? "in front: " : "");
  EnumChildWindows(w, all_parts, 0);
  return TRUE;
}

int main(int argc, char **argv) {
  if (argc == 1) {
    EnumWindows(all_windows, 0);
    return 0;
  }
  if (argc != 3) return 2;
  title = argv[1];
  id = atoi(argv[2]);
  EnumWindows(window, 0);
  return !describe(found, "");
}
