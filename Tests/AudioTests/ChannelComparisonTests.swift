import Testing

@testable import Audio

@Suite("Comparing channels")
struct ChannelComparisonTests {
    let folder = TemporaryFolder()

    func groups(_ channels: [[Float]]) throws -> (groups: [[Int]], framesRead: Int) {
        var reader = try RecordingReader(path: folder.write(wav(channels, rate: 8000), to: "a.wav"))
        let comparison = try ChannelComparison(&reader)
        return (comparison.groups, reader.framesRead)
    }

    @Test("Twins are one group, others groups of their own")
    func grouping() throws {
        let a = noise(20_000, seed: 1), b = noise(20_000, seed: 2), c = noise(20_000, seed: 3)
        #expect(try groups([a, a]).groups == [[0, 1]])
        #expect(try groups([a, b]).groups == [[0], [1]])
        #expect(try groups([a, b, a, c, b, a]).groups == [[0, 2, 5], [1, 4], [3]])
        #expect(try groups([a]).groups == [[0]])
    }

    @Test("A difference in the last sample is one")
    func lastSample() throws {
        let a = noise(20_000)
        var b = a
        b[19_999] = a[19_999] + 0.01
        #expect(try groups([a, b]).groups == [[0], [1]])
    }

    @Test("One step of 16-bit sound is no difference, two are")
    func tolerance() throws {
        let a = [Float](repeating: 0.1, count: 5000)
        #expect(try groups([a, a.map { $0 + 1 / 32_767 }]).groups == [[0, 1]])
        #expect(try groups([a, a.map { $0 + 2 / 32_767 }]).groups == [[0], [1]])
    }

    @Test("Reading stops as soon as all channels differ")
    func earlyExit() throws {
        #expect(try groups([noise(50_000, seed: 1), noise(50_000, seed: 2)]).framesRead == 4096)
        #expect(try groups([noise(50_000, seed: 1)]).framesRead == 0)
        let a = noise(50_000)
        #expect(try groups([a, a]).framesRead == 50_000)
    }
}
