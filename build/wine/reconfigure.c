// reconfigure SERVICE command|account|demand [VALUE]: sets a service otherwise
// than the product did, as somebody with too many rights would; Wine's sc has no
// such verb. For tests only; never shipped.
#include <string.h>
#include <windows.h>

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  SC_HANDLE m = OpenSCManagerA(NULL, NULL, SC_MANAGER_CONNECT);
  SC_HANDLE s = m ? OpenServiceA(m, argv[1], SERVICE_CHANGE_CONFIG) : NULL;
  if (!s) return 1;
  const char *value = argc > 3 ? argv[3] : NULL;
  DWORD start = strcmp(argv[2], "demand") ? SERVICE_NO_CHANGE : SERVICE_DEMAND_START;
  const char *command = strcmp(argv[2], "command") ? NULL : value;
  const char *account = strcmp(argv[2], "account") ? NULL : value;
  return ChangeServiceConfigA(s, SERVICE_NO_CHANGE, start, SERVICE_NO_CHANGE, command, NULL, NULL, NULL, account, NULL, NULL) ? 0 : 1;
}
