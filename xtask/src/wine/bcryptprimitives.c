/* The one function that Rust's standard library takes from this library of Windows 10, which Wine before 9 does not have. */
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
    while (length > 0) {
        ULONG now = length < 0x10000 ? (ULONG)length : 0x10000;
        if (!RtlGenRandom(data, now)) return FALSE;
        data += now;
        length -= now;
    }
    return TRUE;
}
