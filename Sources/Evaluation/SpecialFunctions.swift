import Foundation

/// ln of the gamma function for positive x: Lanczos' series with g = 607/128 and 15 terms, in the coefficients of
/// P. Godfrey, "A note on the computation of the convergent Lanczos complex gamma approximation", 2001 (relative error
/// below 1e-14). The C library's `lgamma` writes a global variable, so it is not called here.
func logGamma(_ x: Double) -> Double {
    precondition(x > 0, "logGamma is for positive numbers")
    let coefficients: [Double] = [
        57.156235665862923517, -59.597960355475491248, 14.136097974741747174, -0.49191381609762019978,
        0.33994649984811888699e-4, 0.46523628927048575665e-4, -0.98374475304879564677e-4, 0.15808870322491248884e-3,
        -0.21026444172410488319e-3, 0.21743961811521264320e-3, -0.16431810653676389022e-3, 0.84418223983852743293e-4,
        -0.26190838401581408670e-4, 0.36899182659531622704e-5,
    ]
    var sum = 0.99999999999999709182
    for (index, coefficient) in coefficients.enumerated() { sum += coefficient / (x + Double(index) + 1) }
    let shifted = x + 607.0 / 128 + 0.5
    return (x + 0.5) * log(shifted) - shifted + log(2.5066282746310005 * sum / x)
}

/// I_x(a, b), the regularized incomplete beta function: the continued fraction of DLMF 8.17.22, evaluated by Lentz'
/// method, on the side of the mean where it converges quickly.
func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    let front = exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log1p(-x))
    return x < (a + 1) / (a + b + 2)
        ? front * betaFraction(x, a, b) / a : 1 - front * betaFraction(1 - x, b, a) / b
}

private func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    lentz { step in
        if step == 0 { return (1, 1) }
        let m = Double(step / 2)
        let d =
            step % 2 == 0
            ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        return (d, 1)
    }
}

/// P(a, x), the regularized lower incomplete gamma function: its series (DLMF 8.7.1) below the mean, the continued
/// fraction of the upper one (DLMF 8.9.2) above.
func incompleteGamma(_ x: Double, _ a: Double) -> Double {
    if x <= 0 { return 0 }
    let front = exp(a * log(x) - x - logGamma(a))
    if x < a + 1 {
        var term = 1 / a
        var sum = term
        var n = a
        repeat {
            n += 1
            term *= x / n
            sum += term
        } while term > sum * 1e-17
        return front * sum
    }
    let fraction = lentz { step in
        if step == 0 { return (1, x + 1 - a) }
        let n = Double(step)
        return (-n * (n - a), x + 2 * n + 1 - a)
    }
    return 1 - front * fraction
}

/// A continued fraction a0/(b0 + a1/(b1 + ...)) by the modified Lentz method (W. Press et al., "Numerical recipes",
/// 3rd edition, 5.2).
private func lentz(_ terms: (Int) -> (a: Double, b: Double)) -> Double {
    let tiny = 1e-300
    var c = 0.0, d = 0.0
    var value = tiny
    c = value
    for step in 0..<1_000_000 {
        let (a, b) = terms(step)
        d = b + a * d
        if abs(d) < tiny { d = tiny }
        c = b + a / c
        if abs(c) < tiny { c = tiny }
        d = 1 / d
        value *= c * d
        if abs(c * d - 1) < 1e-16 { break }
    }
    return value
}

/// The x with I_x(a, b) = p.
func incompleteBetaInverse(_ p: Double, _ a: Double, _ b: Double) -> Double {
    bisected(0, 1) { incompleteBeta($0, a, b) < p }
}

/// The x with P(a, x) = p.
func incompleteGammaInverse(_ p: Double, _ a: Double) -> Double {
    var high = a + 1
    while incompleteGamma(high, a) < p { high *= 2 }
    return bisected(0, high) { incompleteGamma($0, a) < p }
}

/// Where a rising predicate turns false, to the last bit that halving can reach.
private func bisected(_ low: Double, _ high: Double, _ isBelow: (Double) -> Bool) -> Double {
    var low = low
    var high = high
    while true {
        let middle = low + (high - low) / 2
        if middle <= low || middle >= high || high - low < 1e-15 * high { return middle }
        if isBelow(middle) { low = middle } else { high = middle }
    }
}

/// The quantile of the standard normal distribution: the axes of a DET plot (M. Wichura, algorithm AS 241 (PPND16),
/// Applied Statistics 37, 1988; relative error about 1e-16).
///
/// - Returns: -infinity at 0, +infinity at 1.
public func normalQuantile(_ p: Double) -> Double {
    precondition(p >= 0 && p <= 1, "a probability lies between 0 and 1")
    if p == 0 { return -.infinity }
    if p == 1 { return .infinity }
    func ratio(_ r: Double, _ above: [Double], _ below: [Double]) -> Double {
        above.reversed().reduce(0) { $0 * r + $1 } / below.reversed().reduce(0) { $0 * r + $1 }
    }
    let q = p - 0.5
    if abs(q) <= 0.425 {
        return q
            * ratio(
                0.180625 - q * q,
                [
                    3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
                    45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
                ],
                [
                    1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867,
                    39307.89580009271061, 28729.085735721942674, 5226.495278852545925,
                ])
    }
    let r = sqrt(-log(min(p, 1 - p)))
    let tail =
        r <= 5
        ? ratio(
            r - 1.6,
            [
                1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
                1.27045825245236838258, 0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4,
            ],
            [
                1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459,
                0.0151986665636164571966, 5.475938084995344946e-4, 1.05075007164441684324e-9,
            ])
        : ratio(
            r - 5,
            [
                6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123,
                0.026532189526576123093, 0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
            ],
            [
                1, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525, 7.868691311456132591e-4,
                1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
            ])
    return q < 0 ? -tail : tail
}
