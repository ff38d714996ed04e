import Foundation
import Spectra
import Testing

@Suite struct SpectrogramTests {
    private func tone(_ hertz: Double, rate: Int, seconds: Double, gain: Float = 1) -> [Float] {
        (0..<Int(Double(rate) * seconds)).map { gain * Float(sin(2 * Double.pi * hertz * Double($0) / Double(rate))) }
    }

    @Test("A tone of full scale stands in its band at 0 dB, whatever the rate; a tenth of it 20 dB below", arguments: [8000, 16_000, 44_100, 48_000])
    func tone(rate: Int) throws {
        for (gain, level) in [(Float(1), 120), (0.1, 100)] {
            let picture = try #require(Spectrogram(tone(1000, rate: rate, seconds: 2, gain: gain), sampleRate: rate, columns: 50, topHz: 4000))
            #expect(picture.columnCount == 50 && picture.levels.count == 50 * Spectrogram.bandCount)
            for column in 0..<50 {
                let levels = picture.levels[column * Spectrogram.bandCount..<(column + 1) * Spectrogram.bandCount].map(Int.init)
                let loudest = levels.indices.max { levels[$0] < levels[$1] }!
                // 1000 Hz of 4000 is band 32 of 128; at rates whose bins are not 31.25 Hz it may lie between two.
                #expect(31...32 ~= loudest, "\(rate): \(loudest)")
                // Between two bins a Hann window loses 1.4 dB at most.
                #expect(level - 2...level ~= levels[loudest], "\(rate): \(levels[loudest])")
                #expect(levels[100] <= level - 60)
            }
        }
    }

    @Test("What changes half way through changes half way through the picture; above half the rate there is nothing")
    func halves() throws {
        let samples = tone(500, rate: 8000, seconds: 30) + [Float](repeating: 0, count: 8000 * 30)
        let picture = try #require(Spectrogram(samples, sampleRate: 8000, columns: 100, topHz: 8000))
        func level(_ column: Int, _ band: Int) -> UInt8 { picture.levels[column * Spectrogram.bandCount + band] }
        #expect((0..<50).allSatisfy { level($0, 8) == 120 } && (50..<100).allSatisfy { level($0, 8) == 0 })
        #expect((0..<100).allSatisfy { column in (65..<128).allSatisfy { level(column, $0) == 0 } })
    }

    @Test("A short sound has fewer columns, one shorter than a frame none")
    func short() throws {
        #expect(Spectrogram(tone(500, rate: 8000, seconds: 0.03), sampleRate: 8000, columns: 100, topHz: 4000) == nil)
        #expect(try #require(Spectrogram(tone(500, rate: 8000, seconds: 0.1), sampleRate: 8000, columns: 100, topHz: 4000)).columnCount == 3)
    }
}
