// A service's program for the Wine runs: it notes that it was started, and ends
// with the exit code that a file names, as soon as that file is there. For tests
// only; never shipped.
#include <stdio.h>
#include <windows.h>

int main(void) {
  FILE *f = fopen("C:\\asked-started", "a");
  if (!f) return 1;
  fputs("started\n", f);
  fclose(f);
  for (int i = 0; i < 600; i++) {
    int code;
    f = fopen("C:\\asked-code", "r");
    if (f) {
      int n = fscanf(f, "%d", &code);
      fclose(f);
      if (n == 1) {
        remove("C:\\asked-code");
        return code;
      }
    }
    Sleep(100);
  }
  return 1;
}
