import Testing

@testable import Evaluation

/// Golden values: `python Tools/evaluation/reference.py` (scipy).
@Suite struct ExactBoundsTests {
    /// The two libraries sum in different orders; the largest shape here is 100,000.
    private let tolerance = 1e-10

    @Test(arguments: [
        (0, 1, 0.0, 0.975),
        (0, 30, 0.0, 0.11570330822202778),
        (1, 30, 0.0008435709266304788, 0.17216945563341265),
        (15, 30, 0.31297028586802744, 0.6870297141319726),
        (30, 30, 0.8842966917779722, 1.0),
        (3, 875, 0.0007076127214595531, 0.009986767205334039),
        (12345, 100000, 0.12141710670798131, 0.12550476084867196),
    ])
    func `Clopper-Pearson bounds equal scipy's`(_ successes: Int, _ trials: Int, _ low: Double, _ high: Double) {
        let interval = ExactBounds.clopperPearson(successes, of: trials)
        #expect(abs(interval.low - low) <= tolerance * low)
        #expect(abs(interval.high - high) <= tolerance * high)
    }

    @Test(arguments: [
        (0, 2.9957322735539895), (1, 4.743864518390577), (2, 6.295793621871988), (10, 16.962219235721903),
        (100, 118.07927278209706), (10000, 10166.060136127071),
    ])
    func `Poisson upper bounds equal the chi-square quantiles of scipy`(_ count: Int, _ bound: Double) {
        #expect(near(ExactBounds.poissonUpper(count), bound, within: tolerance))
        #expect(near(ExactBounds.ratePerHourUpper(count, hours: 4), bound / 4, within: tolerance))
    }

    @Test(arguments: [
        (1e-300, -37.0470962993612), (1e-09, -5.9978070150076865), (0.001, -3.090232306167813),
        (0.0749, -1.4402382675279635), (0.2, -0.8416212335729142), (0.5, 0.0), (0.925, 1.4395314709384563),
        (0.99, 2.3263478740408408),
    ])
    func `normal quantiles equal scipy's`(_ p: Double, _ quantile: Double) {
        #expect(near(normalQuantile(p), quantile, within: 1e-14))
    }
}
