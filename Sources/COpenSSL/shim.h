// The one-shot SHA256() of OpenSSL 3 looks the algorithm up anew each time (500 ns); the old functions, which 3.0 marks
// as deprecated but keeps, do not (150 ns for a token).
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
