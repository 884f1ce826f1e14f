/* Train d-h-1 sigmoid networks by gradient descent on the mean squared error: what a compiler makes of the formulas.
 *
 * Compiled twice by peers.py: plainly, with the library's exp, one number at a time; and with -O3 -march=native
 * -ffast-math -DVECTOR and the exp below, several numbers at a time. The second stands in for the limit of one core.
 * The examples lie in the innermost loops; one run after the other.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef VECTOR
/* exp(x) = 2^k exp(r), |r| <= ln 2 / 2, by a polynomial of degree 13 in r; no branch, so that loops over it vectorise.
 * The relative error is below 3e-16. */
static inline double exponential(double x) {
    x = x > 700.0 ? 700.0 : x;
    x = x < -700.0 ? -700.0 : x;
    double k = nearbyint(x * 1.4426950408889634);
    double r = x - k * 0.6931471803691238;
    r -= k * 1.9082149292705877e-10;
    double p = 1.0 / 6227020800;
    p = p * r + 1.0 / 479001600;
    p = p * r + 1.0 / 39916800;
    p = p * r + 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    int64_t bits = ((int64_t)(int32_t)k + 1023) << 52;
    double scale;
    memcpy(&scale, &bits, 8);
    return p * scale;
}
#else
static double exponential(double x) { return exp(x); }
#endif

/* One run. x is (d, n), w1 (d, h), w2 (h), a and s are work space of (h, n) and (2, n). */
static void train_one(int n, int d, int h, const double *restrict x, const double *restrict y, double *restrict w1,
                      double *restrict w2, double eta, int epochs, double *restrict losses, double *restrict a,
                      double *restrict work) {
    double *restrict z = work, *restrict delta = work + n;
    for (int t = 0; t < epochs; t++) {
        memset(z, 0, n * sizeof(double));
        for (int j = 0; j < h; j++) {
            double *restrict aj = a + (size_t)j * n;
            memset(aj, 0, n * sizeof(double));
            for (int i = 0; i < d; i++) {
                double w = w1[i * h + j];
                for (int m = 0; m < n; m++) aj[m] += w * x[i * n + m];
            }
            double w = w2[j];
            for (int m = 0; m < n; m++) {
                aj[m] = 1.0 / (1.0 + exponential(-aj[m]));
                z[m] += w * aj[m];
            }
        }
        double loss = 0.0;
        for (int m = 0; m < n; m++) {
            double y_hat = 1.0 / (1.0 + exponential(-z[m]));
            double r = y_hat - y[m];
            loss += r * r;
            delta[m] = 2.0 / n * r * y_hat * (1.0 - y_hat);
        }
        losses[t] = loss / n;
        for (int j = 0; j < h; j++) {
            const double *restrict aj = a + (size_t)j * n;
            double w = w2[j], g = 0.0;
            for (int m = 0; m < n; m++) g += aj[m] * delta[m];
            for (int i = 0; i < d; i++) {
                double gi = 0.0;
                for (int m = 0; m < n; m++) gi += x[i * n + m] * (aj[m] * (1.0 - aj[m]) * delta[m] * w);
                w1[i * h + j] -= eta * gi;
            }
            w2[j] -= eta * g;
        }
    }
}

/* Many runs: x is (runs, d, n) or, if shared, (d, n); y alike; w1 (runs, d, h); w2 (runs, h); losses (runs, epochs). */
void train(int runs, int shared, int n, int d, int h, const double *x, const double *y, double *w1, double *w2,
           double eta, int epochs, double *losses, double *work) {
    for (int s = 0; s < runs; s++) {
        size_t of = shared ? 0 : (size_t)s;
        train_one(n, d, h, x + of * d * n, y + of * n, w1 + (size_t)s * d * h, w2 + (size_t)s * h, eta, epochs,
                  losses + (size_t)s * epochs, work + 2 * n, work);
    }
}
